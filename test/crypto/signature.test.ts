import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSigningKey, sha256, signText, verifyText } from '../../src/crypto/index.js';
import { temporaryFolder } from '../temporary-folder.js';

/** What `openssl` says of a signature, in files as a person would have them. */
function opensslVerifies(text: string, signature: string, publicKey: string): boolean {
  const folder = temporaryFolder();
  const [key, data, sig] = [join(folder, 'key.pem'), join(folder, 'text'), join(folder, 'sig')];
  writeFileSync(key, publicKey);
  writeFileSync(data, text);
  writeFileSync(sig, Buffer.from(signature, 'base64'));
  const parameters = ['pkeyutl', '-verify', '-pubin', '-inkey', key, '-rawin', '-in', data, '-sigfile', sig];
  return spawnSync('openssl', parameters).status === 0;
}

describe('signatures', () => {
  it('are Ed25519 signatures that openssl verifies', () => {
    const key = createSigningKey();
    const text = '{"plan":"été €"}';
    const signature = signText(text, key.privateKey);
    expect(opensslVerifies(text, signature, key.publicKey)).toBe(true);
    expect(opensslVerifies(`${text} `, signature, key.publicKey)).toBe(false);
    expect(verifyText(text, signature, key.publicKey)).toBe(true);
  });

  it('made by openssl are verified', () => {
    const folder = temporaryFolder();
    const path = (name: string) => join(folder, name);
    execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', path('key')]);
    const publicKey = execFileSync('openssl', ['pkey', '-in', path('key'), '-pubout']).toString();
    writeFileSync(path('text'), 'what was signed');
    const parameters = ['pkeyutl', '-sign', '-inkey', path('key'), '-rawin', '-in', path('text')];
    const signature = execFileSync('openssl', parameters).toString('base64');
    expect(verifyText('what was signed', signature, publicKey)).toBe(true);
    expect(verifyText('what was not', signature, publicKey)).toBe(false);
  });

  it('are refused with any bit flipped, and in any other spelling', () => {
    const key = createSigningKey();
    const signature = signText('text', key.privateKey);
    const bytes = Buffer.from(signature, 'base64');
    fc.assert(
      fc.property(fc.nat({ max: bytes.length * 8 - 1 }), (bit) => {
        const changed = Buffer.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(verifyText('text', changed.toString('base64'), key.publicKey)).toBe(false);
      }),
    );
    expect(verifyText('text', ` ${signature}`, key.publicKey)).toBe(false);
    expect(verifyText('text', signature.replace(/=+$/, ''), key.publicKey)).toBe(false);
    expect(verifyText('text', '', key.publicKey)).toBe(false);
  });

  it('of another key, another kind of key or no key are refused', () => {
    const key = createSigningKey();
    const signature = signText('text', key.privateKey);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    for (const other of [createSigningKey().publicKey, pem, 'no key', '']) {
      expect(verifyText('text', signature, other)).toBe(false);
    }
  });
});

describe('sha256', () => {
  it('gives the digest of FIPS 180-4 for text and bytes', () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(sha256('abc')).toBe(abc);
    expect(sha256(new Uint8Array([0x61, 0x62, 0x63]))).toBe(abc);
  });
});
