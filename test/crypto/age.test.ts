import { spawnSync } from 'node:child_process';
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
} from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { bech32 } from '@scure/base';
import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import {
  ageRecipientOf,
  type ByteInput,
  createAgeIdentity,
  type EncryptionFormat,
  type EncryptionKey,
  formatOf,
  holdsPrivateKey,
  parseAgeRecipient,
  readAgeIdentities,
  readAgeRecipients,
} from '../../src/crypto/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { content, decrypted, encrypted, fileOf, outputOf, streamOf, verdict } from './format-harness.js';
import { mustRun, tool } from './tools.js';

const CHUNK = 65_536;
/** Around what the format and its threads cut at. */
const SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 16 * CHUNK, 16 * CHUNK + 1, 3_300_001];
const PASSPHRASE = 'correct horse battery staple';

let age: EncryptionFormat;
let identity: string;
let recipient: EncryptionKey;
beforeAll(async () => {
  age = await formatOf('age');
  identity = await createAgeIdentity('x25519');
  recipient = { kind: 'age', recipient: await ageRecipientOf(identity) };
});

const opens = () => [{ kind: 'age' as const, identity }];

function faultCode(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: Error & { code?: string }) => error.code ?? error.message,
  );
}

/** The same age file with other content of one chunk under its own key (C2SP age: X25519 recipient stanza, payload). */
function sealedAgain(file: Buffer, plaintext: Uint8Array): Buffer {
  const headerEnd = file.indexOf('\n', file.indexOf('\n--- ') + 1) + 1;
  const [, share = '', body = ''] = /-> X25519 (\S+)\n(\S+)\n/.exec(file.toString('latin1')) ?? [];
  const raw = bech32.fromWords(bech32.decode(identity.toLowerCase() as `a1${string}`, false).words);
  const der = (prefix: string, key: Uint8Array) => Buffer.concat([Buffer.from(prefix, 'hex'), key]);
  const privateKey = createPrivateKey({
    ...{ key: der('302e020100300506032b656e04220420', raw), format: 'der', type: 'pkcs8' },
  } as const);
  const shareBytes = Buffer.from(share, 'base64');
  const publicKey = createPublicKey({
    ...{ key: der('302a300506032b656e032100', shareBytes), format: 'der', type: 'spki' },
  } as const);
  const own = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  const salt = Buffer.concat([shareBytes, own]);
  const shared = diffieHellman({ privateKey, publicKey });
  const wrapKey = Buffer.from(hkdfSync('sha256', shared, salt, 'age-encryption.org/v1/X25519', 32));
  const wrapped = Buffer.from(body, 'base64');
  const tagged = { authTagLength: 16 };
  const unwrap = createDecipheriv('chacha20-poly1305', wrapKey, Buffer.alloc(12), tagged);
  unwrap.setAuthTag(wrapped.subarray(16));
  const fileKey = Buffer.concat([unwrap.update(wrapped.subarray(0, 16)), unwrap.final()]);
  const nonce = file.subarray(headerEnd, headerEnd + 16);
  const payloadKey = Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
  const last = Buffer.from('000000000000000000000001', 'hex');
  const seal = createCipheriv('chacha20-poly1305', payloadKey, last, tagged);
  const sealed = Buffer.concat([seal.update(plaintext), seal.final()]);
  return Buffer.concat([file.subarray(0, headerEnd + 16), sealed, seal.getAuthTag()]);
}

/** Runs `age` at a terminal of its own, types the lines, and expects a file of it. */
function atTerminal(context: TestContext, command: string, lines: string, made: string): void {
  // util-linux 2.38's script was seen to wait for ever for an age that had done its work and ended.
  const { status, stdout } = tool(context, 'timeout', ['60', 'script', '-qec', command, '/dev/null'], lines);
  const done = status === 0 || (status === 124 && existsSync(made));
  if (!done) throw new Error(`${command} ended with ${status}: ${stdout.toString()}`);
}

describe('the program age', () => {
  it.for(SIZES)('opens a file of %i bytes, and we open its', async (size, context) => {
    const folder = temporaryFolder();
    const plaintext = content(size);
    writeFileSync(join(folder, 'key'), `${identity}\n`, { mode: 0o600 });
    const ours = await encrypted(age, streamOf(plaintext), [recipient]);
    expect(mustRun(context, 'age', ['-d', '-i', join(folder, 'key')], ours).equals(plaintext)).toBe(true);
    const theirs = mustRun(context, 'age', ['-r', await ageRecipientOf(identity)], plaintext);
    expect((await decrypted(age, await fileOf(theirs), opens())).plaintext.equals(plaintext)).toBe(true);
  });

  it('reads our armor, and we read its', async (context) => {
    const folder = temporaryFolder();
    const plaintext = content(200_000);
    writeFileSync(join(folder, 'key'), `${identity}\n`, { mode: 0o600 });
    const ours = await encrypted(age, await fileOf(plaintext), [recipient], { armor: true });
    expect(mustRun(context, 'age', ['-d', '-i', join(folder, 'key')], ours).equals(plaintext)).toBe(true);
    const theirs = mustRun(context, 'age', ['-a', '-r', await ageRecipientOf(identity)], plaintext);
    expect((await decrypted(age, streamOf(theirs), opens())).plaintext.equals(plaintext)).toBe(true);
  });

  it('opens our passphrase files, and we open its', async (context) => {
    const folder = temporaryFolder();
    const at = (name: string) => join(folder, name);
    const plaintext = content(100);
    const key = { kind: 'passphrase', passphrase: PASSPHRASE } as const;
    writeFileSync(at('ours.age'), await encrypted(age, streamOf(plaintext), [key]));
    atTerminal(context, `age -d -o ${at('ours')} ${at('ours.age')}`, `${PASSPHRASE}\n`, at('ours'));
    expect(readFileSync(at('ours')).equals(plaintext)).toBe(true);
    writeFileSync(at('plain'), plaintext);
    const twice = `${PASSPHRASE}\n${PASSPHRASE}\n`;
    atTerminal(context, `age -p -o ${at('theirs.age')} ${at('plain')}`, twice, at('theirs.age'));
    const theirs = readFileSync(at('theirs.age'));
    expect(await verdict(age, theirs, [key], plaintext)).toBe('same');
  });

  it('has the same recipient for an identity', async (context) => {
    const made = mustRun(context, 'age-keygen', ['-y'], `${identity}\n`).toString().trim();
    expect(await ageRecipientOf(identity)).toBe(made);
    const theirs = mustRun(context, 'age-keygen', []).toString();
    const [read] = await readAgeIdentities(theirs);
    expect(theirs).toContain(await ageRecipientOf(read?.identity ?? ''));
  });
});

describe('post-quantum recipients', () => {
  // The package makes and opens these headers for us, too: this is about our parser and payload. Other people's headers
  // of this kind are among the vectors of C2SP.
  it('have payloads that the package opens, and we open those that it makes', async () => {
    const plaintext = content(70_000);
    const theirs = await generateHybridIdentity();
    const to = await identityToRecipient(theirs);
    const decrypter = new Decrypter();
    decrypter.addIdentity(theirs);
    const file = await encrypted(age, streamOf(plaintext), [{ kind: 'age', recipient: to }]);
    expect(Buffer.from(await decrypter.decrypt(file)).equals(plaintext)).toBe(true);
    const encrypter = new Encrypter();
    encrypter.addRecipient(to);
    const other = Buffer.from(await encrypter.encrypt(plaintext));
    expect(await verdict(age, other, [{ kind: 'age', identity: theirs }], plaintext)).toBe('same');
    expect(await parseAgeRecipient(to)).toEqual({ recipient: to, type: 'mlkem768x25519' });
  });
});

describe('threads', () => {
  it.each([
    [0, 1],
    [1, 2],
    [2, 0],
  ])('%i encrypt what %i decrypt, from and to files and streams', async (writing, reading) => {
    for (const size of [0, 16 * CHUNK, 3_300_001]) {
      const plaintext = content(size);
      for (const into of ['file', 'stream'] as const) {
        const input = into === 'file' ? await fileOf(plaintext) : streamOf(plaintext);
        const file = await encrypted(age, input, [recipient], { threads: writing, into });
        const { output, bytes } = await outputOf(into);
        const source = into === 'file' ? streamOf(file) : await fileOf(file);
        await age.decrypt(source, output, opens(), { threads: reading });
        expect(bytes().equals(plaintext)).toBe(true);
      }
    }
  });

  it('are started for long streams only, and say how far they are', async () => {
    const plaintext = content(20_000_000);
    const seen: number[] = [];
    const file = await encrypted(age, streamOf(plaintext), [recipient], { onProgress: (n) => seen.push(n) });
    expect(seen.at(-1)).toBe(plaintext.length);
    expect((await decrypted(age, streamOf(file), opens(), 'stream')).plaintext.equals(plaintext)).toBe(true);
  });

  it.each(['file', 'stream'])('stop when they are told to (from a %s)', async (from) => {
    const stop = new AbortController();
    const { output } = await outputOf('file');
    const onProgress = () => stop.abort(new Error('enough'));
    const options = { threads: 2, signal: stop.signal, onProgress };
    const plaintext = content(8_000_000);
    const input = from === 'file' ? await fileOf(plaintext) : streamOf(plaintext);
    await expect(age.encrypt(input, output, [recipient], options)).rejects.toThrow('enough');
  });

  it.each([0, 2])('find a changed bit in any part of a file (threads: %i)', async (threads) => {
    const file = await encrypted(age, streamOf(content(3_300_001)), [recipient]);
    for (const at of [1000, 1_500_000, 2_600_000, file.length - 70_000]) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const { output } = await outputOf('file');
      expect(await faultCode(age.decrypt(await fileOf(changed), output, opens(), { threads }))).toBe(
        'ciphertext-damaged',
      );
    }
  });
});

describe('a changed file', () => {
  it('is refused for any flipped bit, from a file and from a stream', async () => {
    const plaintext = content(2 * CHUNK + 100);
    const file = await encrypted(age, streamOf(plaintext), [recipient]);
    const positions = fc.oneof(fc.nat(250), fc.nat(file.length - 1));
    await fc.assert(
      fc.asyncProperty(positions, fc.nat(7), fc.boolean(), async (at, bit, armored) => {
        const changed = Buffer.from(file);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        const codes = ['ciphertext-damaged', 'no-key-fits'];
        expect(codes).toContain(await verdict(age, changed, opens(), plaintext));
        if (!armored) return;
        const { output, bytes } = await outputOf('file');
        expect(codes).toContain(await faultCode(age.decrypt(await fileOf(changed), output, opens())));
        // Chunks before the damage may be there; whoever writes to a file keeps none of it.
        expect(bytes().length).toBeLessThanOrEqual(plaintext.length);
      }),
      { numRuns: 80 },
    );
  });

  it('is refused for any flipped bit of its armor', async () => {
    const plaintext = content(300);
    const file = await encrypted(age, streamOf(plaintext), [recipient], { armor: true });
    for (let at = 0; at < file.length; at += at < 36 || at > file.length - 40 ? 1 : 7) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ 0x04;
      expect(['ciphertext-damaged', 'no-key-fits']).toContain(
        await verdict(age, changed, opens(), plaintext),
      );
    }
  });

  it('gives nothing when it was cut off, at any byte of its header and around each chunk', async () => {
    const plaintext = content(3 * CHUNK);
    const file = await encrypted(age, streamOf(plaintext), [recipient]);
    const start = file.indexOf('\n--- ') + 5 + 43 + 1;
    const cuts = [...Array.from({ length: start + 33 }, (_, cut) => cut)];
    for (const chunk of [1, 2, 3]) {
      for (const step of [-17, -16, -1, 0, 1, 15, 16, 17])
        cuts.push(start + 16 + chunk * (CHUNK + 16) + step);
    }
    for (const cut of cuts.filter((length) => length < file.length)) {
      const { output, bytes } = await outputOf('stream');
      const code = await faultCode(age.decrypt(await fileOf(file.subarray(0, cut)), output, opens()));
      expect(code, `cut at ${cut}`).toBe('ciphertext-damaged');
      expect(bytes()).toHaveLength(0);
      const streamed = await verdict(age, file.subarray(0, cut), opens(), plaintext);
      expect(streamed, `streamed, cut at ${cut}`).toBe('ciphertext-damaged');
    }
  });

  it('is refused when something follows it', async () => {
    const plaintext = content(100);
    const file = await encrypted(age, streamOf(plaintext), [recipient]);
    expect(await verdict(age, Buffer.concat([file, Buffer.of(0)]), opens(), plaintext)).toBe(
      'ciphertext-damaged',
    );
  });
});

describe('costs', () => {
  it('reads a header of 100 MB only to its limit', async () => {
    let given = 0;
    const line = Buffer.from(`-> grease ${'x'.repeat(50)}\n\n`.repeat(1000));
    async function* endless() {
      yield Buffer.from('age-encryption.org/v1\n');
      for (; given < 100_000_000; given += line.length) yield line;
    }
    const { output } = await outputOf('stream');
    expect(await faultCode(age.decrypt({ kind: 'stream', stream: endless() }, output, opens()))).toBe(
      'header-too-costly',
    );
    expect(given).toBeLessThan(2_000_000);
  });

  it('refuses a work factor of 30 without doing the work', async () => {
    const body = Buffer.alloc(32).toString('base64').replace(/=+$/, '');
    const salt = Buffer.alloc(16).toString('base64').replace(/=+$/, '');
    const mac = Buffer.alloc(32).toString('base64').replace(/=+$/, '');
    const file = Buffer.from(
      `age-encryption.org/v1\n-> scrypt ${salt} 30\n${body}\n--- ${mac}\n${'x'.repeat(40)}`,
    );
    const key = { kind: 'passphrase', passphrase: PASSPHRASE } as const;
    expect(await verdict(age, file, [key], Buffer.alloc(0))).toBe('header-too-costly');
    expect((await age.inspect(streamOf(file))).recipients).toEqual([
      'a passphrase, with more work (2^30) than is done here',
    ]);
  });
});

describe('recipients that do not fit', () => {
  const unfit = (keys: readonly EncryptionKey[]) => {
    try {
      age.requireFit(keys);
      return 'fit';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it('are refused together', async () => {
    const quantum = {
      kind: 'age',
      recipient: await ageRecipientOf(await createAgeIdentity('mlkem768x25519')),
    } as const;
    const passphrase = { kind: 'passphrase', passphrase: PASSPHRASE } as const;
    expect(unfit([])).toBe('recipients-unfit');
    expect(unfit([recipient, quantum])).toBe('recipients-unfit');
    expect(unfit([recipient, passphrase])).toBe('recipients-unfit');
    expect(unfit([passphrase, passphrase])).toBe('recipients-unfit');
    expect(unfit([{ kind: 'passphrase', passphrase: '' }])).toBe('recipients-unfit');
    expect(unfit([{ kind: 'certificate', pem: '' }])).toBe('recipients-unfit');
    expect(unfit([recipient, recipient])).toBe('fit');
    expect(unfit([quantum, quantum])).toBe('fit');
    const { output, bytes } = await outputOf('stream');
    expect(await faultCode(age.encrypt(streamOf(content(1)), output, [recipient, quantum]))).toBe(
      'recipients-unfit',
    );
    expect(bytes()).toHaveLength(0);
  });

  it('are told from private keys, and no message repeats them', async () => {
    const quantum = await createAgeIdentity('mlkem768x25519');
    for (const secret of [identity, quantum, identity.toLowerCase(), '-----BEGIN OPENSSH PRIVATE KEY-----']) {
      expect(await holdsPrivateKey(Buffer.from(secret))).toBe(true);
      const error = await parseAgeRecipient(secret).catch((caught: Error) => caught);
      expect(error).toMatchObject({ code: 'private-key-given' });
      expect(JSON.stringify(error) + (error as Error).message).not.toContain(secret.slice(20, 40) || secret);
    }
  });

  it('are refused when mistyped, of another kind, or nobody’s', async () => {
    const text = await ageRecipientOf(identity);
    const mistyped = text.slice(0, -1) + (text.endsWith('q') ? 'p' : 'q');
    expect(await faultCode(parseAgeRecipient(mistyped))).toBe('recipient-invalid');
    expect(await faultCode(parseAgeRecipient('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5'))).toBe(
      'recipient-unsupported',
    );
    expect(await faultCode(readAgeRecipients('# nobody\n\n'))).toBe('recipient-invalid');
    expect(await readAgeRecipients(`# me\r\n\r\n${text}\r\n`)).toEqual([{ recipient: text, type: 'x25519' }]);
    // All zero bytes: a point of low order, which gives every sender the same secret.
    const low = bech32.encodeFromBytes('age', new Uint8Array(32));
    expect(await faultCode(parseAgeRecipient(low))).toBe('recipient-invalid');
    expect(await faultCode(encrypted(age, streamOf(content(1)), [{ kind: 'age', recipient: low }]))).toBe(
      'recipients-unfit',
    );
  });
});

describe('what was written', () => {
  async function written(options: { armor?: boolean } = {}) {
    const { output, bytes } = await outputOf('file');
    const made = await age.encrypt(streamOf(content(200_000)), output, [recipient], options);
    onTestFinished(() => made.forget());
    return { made, bytes: bytes() };
  }

  it.each([false, true])('is proved from a file and from a stream (armor: %s)', async (armor) => {
    const { made, bytes } = await written({ armor });
    const { createHash } = await import('node:crypto');
    const digest = createHash('sha256').update(bytes).digest('hex');
    expect(made.ciphertextBytes).toBe(bytes.length);
    expect(await made.prove(await fileOf(bytes))).toEqual({ ciphertextSha256: digest });
    expect(await made.prove(streamOf(bytes, 999))).toEqual({ ciphertextSha256: digest });
  });

  it('is not proved when a bit of it is another, when it is shorter, longer, or another file', async () => {
    const { made, bytes } = await written();
    for (const at of [5, 100, 215, 250, 100_000, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await faultCode(made.prove(await fileOf(changed)))).toBe('readback-differs');
      expect(await faultCode(made.prove(streamOf(changed)))).toBe('readback-differs');
    }
    for (const other of [
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.of(0)]),
      (await written()).bytes,
    ]) {
      expect(await faultCode(made.prove(await fileOf(other)))).toBe('readback-differs');
      expect(await faultCode(made.prove(streamOf(other)))).toBe('readback-differs');
    }
  });

  // As where memory fails between reading and encrypting: all of it is authentic, and it is something else.
  it('is not proved when it opens to other content than what went in', async () => {
    const { output, bytes } = await outputOf('file');
    const made = await age.encrypt(streamOf(content(1000)), output, [recipient]);
    onTestFinished(() => made.forget());
    const other = sealedAgain(bytes(), content(1000).fill(7));
    expect(other).toHaveLength(bytes().length);
    const opened = await decrypted(age, await fileOf(other), opens());
    expect(opened.plaintext.equals(Buffer.alloc(1000, 7))).toBe(true);
    expect(await faultCode(made.prove(await fileOf(other)))).toBe('readback-differs');
    expect(await faultCode(made.prove(streamOf(other)))).toBe('readback-differs');
  });

  it('cannot be proved after its key was forgotten', async () => {
    const { made, bytes } = await written();
    made.forget();
    await expect(made.prove(await fileOf(bytes))).rejects.toThrow('forgotten');
  });
});

describe('a source that changes while it is read', () => {
  it.each([
    ['grows', (path: string) => appendFileSync(path, 'x')],
    ['shrinks', (path: string) => writeFileSync(path, 'x')],
    ['is written over', (path: string) => writeFileSync(path, content(4_000_000))],
    ['is given another time', (path: string) => utimesSync(path, 1, 1)],
  ])('%s', async (_, change) => {
    const input = await fileOf(content(4_000_000));
    const { output } = await outputOf('file');
    let changed = false;
    const onProgress = () => {
      if (!changed) change(input.path);
      changed = true;
    };
    expect(await faultCode(age.encrypt(input, output, [recipient], { threads: 1, onProgress }))).toBe(
      'input-changed',
    );
  });

  it('is not the file that was measured', async () => {
    const input = await fileOf(content(100));
    const { output } = await outputOf('file');
    expect(await faultCode(age.encrypt({ ...input, size: 99 }, output, [recipient]))).toBe('input-changed');
  });
});

describe('a full disk', () => {
  it.for([0, 2])('ends it with the error of the system (threads: %i)', async (threads, context) => {
    const folder = temporaryFolder();
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', disk]);
    if (mounted.status !== 0 && process.env.CI !== 'true') context.skip('mounts are not permitted here');
    expect(mounted.status).toBe(0);
    onTestFinished(() => {
      spawnSync('umount', ['-l', disk]);
    });
    const file = await open(join(disk, 'out'), 'w+');
    onTestFinished(() => file.close());
    const input: ByteInput = await fileOf(content(8_000_000));
    for (const armor of [false, true]) {
      const output = { kind: 'file', file } as const;
      expect(await faultCode(age.encrypt(input, output, [recipient], { threads, armor }))).toBe('ENOSPC');
      await file.truncate(0);
    }
    const whole = await encrypted(age, input, [recipient]);
    expect(
      await faultCode(age.decrypt(await fileOf(whole), { kind: 'file', file }, opens(), { threads })),
    ).toBe('ENOSPC');
  });
});

describe('inspection without a key', () => {
  it('tells recipients and size', async () => {
    const plaintext = content(150_000);
    const file = await encrypted(age, streamOf(plaintext), [recipient, recipient]);
    const facts = {
      format: 'age',
      description: 'age v1',
      recipients: ['an age X25519 identity', 'an age X25519 identity'],
      plaintextBytes: plaintext.length,
      notes: [],
    };
    expect(await age.inspect(await fileOf(file))).toEqual(facts);
    expect(await age.inspect(streamOf(file))).toEqual({ ...facts, plaintextBytes: null });
    const armored = await encrypted(age, streamOf(plaintext), [recipient, recipient], { armor: true });
    expect(await age.inspect(await fileOf(armored))).toEqual({
      ...facts,
      description: 'age v1, ASCII armor',
    });
    expect(await faultCode(age.inspect(await fileOf(file.subarray(0, 220))))).toBe('ciphertext-damaged');
    expect(age.recognizes(file.subarray(0, 4096))).toBe(true);
    expect(age.recognizes(armored.subarray(0, 4096))).toBe(true);
    expect(age.recognizes(Buffer.alloc(0))).toBe(false);
    expect(age.recognizes(plaintext)).toBe(false);
  });

  it('says how many of several keys opened it', async () => {
    const file = await encrypted(age, streamOf(content(10)), [recipient]);
    const other = { kind: 'age' as const, identity: await createAgeIdentity('x25519') };
    const quantum = { kind: 'age' as const, identity: await createAgeIdentity('mlkem768x25519') };
    const { result } = await decrypted(age, streamOf(file), [other, quantum, ...opens()]);
    expect(result.openedBy).toBe(2);
    expect(await faultCode(decrypted(age, streamOf(file), [other, quantum]))).toBe('no-key-fits');
  });
});
