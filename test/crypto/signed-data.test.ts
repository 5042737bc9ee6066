import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, integer, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chainProblem,
  DerError,
  makeSignerCertificate,
  readCertificate,
  readDetachedSignature,
  type SigningIdentity,
  signDetached,
} from '../../src/crypto/index.js';
import { Fault } from '../../src/model/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { issuedIdentity } from './issued-identity.js';

const CONTENT = Buffer.from('{"number":"2026-0001"}\n');
/** A minute ahead, so that certificates made by these tests are valid at it. */
const SIGNING_TIME = new Date(Date.now() + 60_000);
const VALIDITY = { from: new Date('2026-01-01T00:00:00Z'), until: new Date('2046-01-01T00:00:00Z') };

/** Made once: keys take time. */
let own: SigningIdentity | undefined;
let rsa: (SigningIdentity & { root: string }) | undefined;
async function selfSigned(): Promise<SigningIdentity> {
  const names = { organization: 'Acme, Inc.', commonName: 'Acme' };
  own ??= { ...(await makeSignerCertificate(names, VALIDITY)), chain: [] };
  return own;
}
function issued(): SigningIdentity & { root: string } {
  rsa ??= issuedIdentity();
  return rsa;
}

/** @returns what OpenSSL prints, with its exit code */
function opensslVerify(signature: Buffer, content: Buffer, trusted: string) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'signature.p7s'), signature);
  writeFileSync(join(folder, 'content'), content);
  writeFileSync(join(folder, 'trusted.pem'), trusted);
  const args = ['cms', '-verify', '-binary', '-inform', 'DER', '-in', 'signature.p7s', '-content', 'content'];
  return spawnSync('openssl', [...args, '-CAfile', 'trusted.pem', '-purpose', 'any', '-out', 'out'], {
    cwd: folder,
    encoding: 'utf8',
  });
}

describe('a detached signature', () => {
  it.each([
    ['of a self-signed P-256 certificate', selfSigned, async () => (await selfSigned()).certificate],
    ['of an RSA certificate with its chain', issued, () => issued().root],
  ])('is accepted by OpenSSL: %s', async (_name, identity, trusted) => {
    const by = await identity();
    const root = await trusted();
    const signature = await signDetached(CONTENT, by, { signingTime: SIGNING_TIME });
    const accepted = opensslVerify(signature, CONTENT, root);
    expect(accepted.stderr).toContain('Verification successful');
    expect(accepted.status).toBe(0);
    expect(opensslVerify(signature, Buffer.from('other'), root).status).not.toBe(0);
    const read = readDetachedSignature(signature, CONTENT);
    expect(read).toMatchObject({
      intact: true,
      problem: null,
      signedAt: SIGNING_TIME.toISOString().replace(/\.\d+/, ''),
      timestamp: null,
    });
    expect(read.signer.fingerprint).toBe(readCertificate(by.certificate).fingerprint);
    expect(chainProblem(by.certificate, read.certificates, [root], SIGNING_TIME)).toBeNull();
  });

  it('of OpenSSL is accepted', () => {
    const folder = temporaryFolder();
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'k', '-out', 'c', '-subj', '/CN=x');
    writeFileSync(join(folder, 'content'), CONTENT);
    openssl(
      'cms',
      '-sign',
      '-binary',
      '-md',
      'sha256',
      '-in',
      'content',
      '-signer',
      'c',
      '-inkey',
      'k',
      '-outform',
      'DER',
      '-out',
      's',
    );
    const signature = readFileSync(join(folder, 's'));
    expect(readDetachedSignature(signature, CONTENT)).toMatchObject({ intact: true });
    expect(readDetachedSignature(signature, Buffer.from('other')).problem).toBe(
      'the file was changed after it was signed',
    );
  });

  it('with any byte changed is refused, or says the same', async () => {
    const signature = await signDetached(CONTENT, await selfSigned(), { signingTime: SIGNING_TIME });
    const { signer } = readDetachedSignature(signature, CONTENT);
    let refusals = 0;
    assert(
      property(nat(signature.length - 1), integer({ min: 1, max: 255 }), (position, flip) => {
        const damaged = Buffer.from(signature);
        damaged.writeUInt8(damaged.readUInt8(position) ^ flip, position);
        try {
          const read = readDetachedSignature(damaged, CONTENT);
          if (read.intact) expect(read.signer.fingerprint).toBe(signer.fingerprint);
          else refusals += 1;
        } catch (error) {
          expect(error instanceof DerError || error instanceof Fault).toBe(true);
          refusals += 1;
        }
      }),
      { numRuns: 400 },
    );
    expect(refusals).toBeGreaterThan(300);
  });
});

describe('trust', () => {
  it('does not come from a certificate that nobody named, nor from one that was not valid then', async () => {
    const at = SIGNING_TIME;
    const own = await selfSigned();
    const rsa = issued();
    expect(chainProblem(own.certificate, [], [rsa.root], at)).toBe(
      'does not lead to a certificate that is trusted here',
    );
    expect(chainProblem(rsa.certificate, [], [rsa.root], at)).toBe(
      'does not lead to a certificate that is trusted here',
    );
    expect(chainProblem(rsa.certificate, rsa.chain, [rsa.root], new Date('2020-01-01'))).toBe(
      'goes through a certificate that was not valid at that time',
    );
  });

  it('does not pass through a certificate that may not issue others', async () => {
    const signer = issuedIdentity(['rsa:2048']);
    const folder = temporaryFolder();
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    write('signer.pem', signer.certificate);
    write('signer.key', signer.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'k',
      '-out',
      'c',
      '-subj',
      '/CN=x',
      '-CA',
      'signer.pem',
      '-CAkey',
      'signer.key',
    );
    const forged = readFileSync(join(folder, 'c'), 'utf8');
    expect(chainProblem(forged, [signer.certificate, ...signer.chain], [signer.root], SIGNING_TIME)).toBe(
      'does not lead to a certificate that is trusted here',
    );
  });
});
