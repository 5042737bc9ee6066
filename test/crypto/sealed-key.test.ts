import { createPrivateKey, type KeyObject, scryptSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createSigningKey,
  needsPassphrase,
  openPrivateKey,
  sealPrivateKey,
  signText,
  verifyText,
} from '../../src/crypto/index.js';

const PASSPHRASE = 'correct horse battery staple';

function der(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'der' }).toString('hex');
}

describe('a key under a passphrase', () => {
  const key = createSigningKey();
  let file: string;
  beforeAll(async () => {
    file = await sealPrivateKey(key.privateKey, PASSPHRASE);
  });

  it('opens with the passphrase, and signs as before', async () => {
    expect(needsPassphrase(file)).toBe(true);
    const opened = await openPrivateKey(file, PASSPHRASE);
    expect(der(opened)).toBe(der(key.privateKey));
    expect(verifyText('text', signText('text', opened), key.publicKey)).toBe(true);
  });

  it('is AES-256-GCM under scrypt at 128 MiB: another program can open it', async () => {
    const fields = JSON.parse(file) as Record<string, string | number>;
    const [n, r, p] = [Number(fields.n), Number(fields.r), Number(fields.p)];
    expect(128 * n * r).toBe(128 * 1024 * 1024);
    const secret = scryptSync(PASSPHRASE, Buffer.from(String(fields.salt), 'base64'), 32, {
      N: n,
      r,
      p,
      maxmem: 2 ** 28,
    });
    const algorithm = { name: 'AES-GCM', iv: Buffer.from(String(fields.nonce), 'base64') };
    const imported = await crypto.subtle.importKey('raw', secret, 'AES-GCM', false, ['decrypt']);
    const opened = await crypto.subtle.decrypt(
      { ...algorithm, additionalData: Buffer.from('quietus-key/1') },
      imported,
      Buffer.from(String(fields.key), 'base64'),
    );
    expect(Buffer.from(opened).toString('hex')).toBe(der(key.privateKey));
  });

  it('does not hold the key, its seed or the passphrase in the clear', () => {
    const seed = Buffer.from(der(key.privateKey), 'hex').subarray(-32);
    for (const secret of [seed.toString('base64').slice(0, 40), seed.toString('hex'), PASSPHRASE]) {
      expect(file).not.toContain(secret);
    }
    const payload = Buffer.from((JSON.parse(file) as { key: string }).key, 'base64');
    expect(payload.includes(seed)).toBe(false);
  });

  it('stays shut with another passphrase and with none', async () => {
    await expect(openPrivateKey(file, `${PASSPHRASE}.`)).rejects.toMatchObject({
      code: 'passphrase-wrong',
      exitCode: 4,
    });
    await expect(openPrivateKey(file, null)).rejects.toMatchObject({
      code: 'passphrase-needed',
      exitCode: 2,
    });
  });

  it('opens whichever way the keyboard composes an accent (NFC, NFD)', async () => {
    const sealed = await sealPrivateKey(key.privateKey, 'caf\u00e9 caf\u00e9 caf\u00e9');
    expect(der(await openPrivateKey(sealed, 'cafe\u0301 cafe\u0301 cafe\u0301'))).toBe(der(key.privateKey));
  });

  it('is refused with any byte of the file changed', async () => {
    // Changes that leave a file of ours cost one scrypt each, so those positions are sampled.
    let derivations = 0;
    for (let at = 0; at < file.length; at += 1) {
      const changed = `${file.slice(0, at)}${file[at] === 'A' ? 'B' : 'A'}${file.slice(at + 1)}`;
      if (isOfOurForm(changed)) {
        derivations += 1;
        if (derivations % 40 !== 1) continue;
      }
      await expect(openPrivateKey(changed, PASSPHRASE), `byte ${at}`).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:key-file-invalid|passphrase-wrong)$/),
      });
    }
    expect(derivations).toBeGreaterThan(100);
  });

  it('is refused with any bit of a space or line end changed', async () => {
    for (let at = 0; at < file.length; at += 1) {
      if (!/\s/.test(file[at] ?? '')) continue;
      for (const other of ['\n', '\t', '\r', ' ']) {
        if (other === file[at]) continue;
        const changed = file.slice(0, at) + other + file.slice(at + 1);
        await expect(openPrivateKey(changed, PASSPHRASE)).rejects.toMatchObject({ code: 'key-file-invalid' });
      }
    }
  });

  it('may not ask for more work than a machine has', async () => {
    const costs = [{ n: 2 ** 21 }, { n: 2 ** 40 }, { n: 1.5 }, { n: 3 }, { n: 1 }, { n: 0 }, { n: '131072' }];
    for (const cost of [...costs, { r: 9 }, { r: 0 }, { p: 5 }, { p: -1 }, { p: null }]) {
      const forged = `${JSON.stringify({ ...(JSON.parse(file) as object), ...cost }, null, 2)}\n`;
      const began = performance.now();
      await expect(openPrivateKey(forged, PASSPHRASE)).rejects.toMatchObject({ code: 'key-file-invalid' });
      expect(performance.now() - began).toBeLessThan(100);
    }
  });
});

describe('a key without a passphrase', () => {
  it('opens without one', async () => {
    const key = createSigningKey();
    const file = await sealPrivateKey(key.privateKey, null);
    expect(needsPassphrase(file)).toBe(false);
    expect(der(await openPrivateKey(file, null))).toBe(der(key.privateKey));
    const pkcs8 = Buffer.from((JSON.parse(file) as { key: string }).key, 'base64');
    expect(der(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }))).toBe(der(key.privateKey));
  });

  it('is refused with any bit of the file flipped', async () => {
    const file = Buffer.from(await sealPrivateKey(createSigningKey().privateKey, null));
    for (let bit = 0; bit < file.length * 8; bit += 1) {
      const changed = Buffer.from(file);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(openPrivateKey(changed.toString(), null), `bit ${bit}`).rejects.toMatchObject({
        code: 'key-file-invalid',
      });
    }
  });
});

describe('a file that is no key', () => {
  it.each([
    '',
    'null',
    '[]',
    '"text"',
    '{}',
    '{"format":"quietus-key/2"}',
    '{"format":"quietus-key/1","kdf":"md5"}',
  ])('is refused: %s', (text) => {
    expect(() => needsPassphrase(text)).toThrow(
      expect.objectContaining({ code: 'key-file-invalid', exitCode: 2 }),
    );
  });
});

/** Whether a changed file still has the form of one, so that opening it costs a key derivation. */
function isOfOurForm(file: string): boolean {
  try {
    return needsPassphrase(file);
  } catch {
    return false;
  }
}
