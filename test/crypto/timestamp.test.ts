import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { nonceOf, requestTimestamp, timestampRequest, verifyTimestamp } from '../../src/crypto/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type Authority, makeAuthority } from './time-stamping-authority.js';

let authority: Authority;
beforeAll(() => {
  authority = makeAuthority();
});

const DIGEST = createHash('sha256').update('a checkpoint').digest('hex');

describe('a time-stamp', () => {
  it('is asked for as openssl reads it, answered by openssl, and verified by both', () => {
    const { request, nonce } = timestampRequest(DIGEST);
    const query = join(authority.folder, 'request.tsq');
    writeFileSync(query, request);
    const text = execFileSync('openssl', ['ts', '-query', '-in', query, '-text']).toString();
    expect(text).toContain('Hash Algorithm: sha256');
    expect(text).toContain('Certificate required: yes');
    expect(nonceOf(request)).toBe(nonce);
    const before = Date.now() - 2000;
    const response = authority.answer(request);
    const verified = verifyTimestamp(response, { digest: DIGEST, nonce, trusted: authority.ca });
    expect(verified).toMatchObject({ policy: '1.2.3.4.1', authority: expect.stringContaining('Test TSA') });
    expect(Date.parse(verified.time)).toBeGreaterThan(before);
    expect(Date.parse(verified.time)).toBeLessThan(Date.now() + 2000);
    const file = join(authority.folder, 'response.tsr');
    writeFileSync(file, response);
    const args = ['ts', '-verify', '-digest', DIGEST, '-in', file, '-CAfile', authority.caFile];
    expect(execFileSync('openssl', args, { stdio: ['pipe', 'pipe', 'pipe'] }).toString()).toContain(
      'Verification: OK',
    );
    // The bare token verifies as well.
    const token = join(authority.folder, 'token.der');
    execFileSync('openssl', ['ts', '-reply', '-in', file, '-token_out', '-out', token], { stdio: 'pipe' });
    expect(verifyTimestamp(readFileSync(token), { digest: DIGEST, trusted: authority.ca })).toEqual(verified);
  });

  it('of an elliptic key, and of an authority below the trusted one, verifies', () => {
    const other = makeAuthority({ key: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] });
    const { request, nonce } = timestampRequest(DIGEST);
    expect(
      verifyTimestamp(other.answer(request), { digest: DIGEST, nonce, trusted: other.ca }),
    ).toMatchObject({
      policy: '1.2.3.4.1',
    });
  });

  it('is refused for another digest, another request, other trusted certificates, and nothing that is trusted', () => {
    const { request, nonce } = timestampRequest(DIGEST);
    const response = authority.answer(request);
    const good = { digest: DIGEST, nonce, trusted: authority.ca };
    const other = createHash('sha256').update('x').digest('hex');
    for (const [changes, why] of [
      [{ digest: other }, /something else/],
      [{ nonce: timestampRequest(DIGEST).nonce }, /another request/],
      [{ trusted: makeAuthority().ca }, /trusted/],
      [{ trusted: '' }, /no trusted certificate/],
    ] as const) {
      expect(() => verifyTimestamp(response, { ...good, ...changes })).toThrow(why);
    }
  });

  it('is refused where any byte of what is signed, or of the signature, was changed', () => {
    const { request, nonce } = timestampRequest(DIGEST);
    const response = authority.answer(request);
    const trusted = { digest: DIGEST, nonce, trusted: authority.ca };
    let refused = 0;
    for (let at = 0; at < response.length; at += 7) {
      const changed = Buffer.from(response);
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      try {
        // Parts that nothing depends on, such as a certificate's copy of the root, may change.
        expect(verifyTimestamp(changed, trusted)).toEqual(verifyTimestamp(response, trusted));
      } catch (error) {
        expect(error).toMatchObject({ code: 'timestamp-invalid', exitCode: 5 });
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(response.length / 7 / 3);
    for (const length of [0, 1, 5, response.length - 1])
      expect(() => verifyTimestamp(response.subarray(0, length), trusted)).toThrow(/verify/);
  });

  it('is refused from a certificate that is not for time-stamping only, not valid, or not critical', () => {
    for (const [changes, why] of [
      [{ usage: 'critical,timeStamping,emailProtection' }, /only/],
      [{ usage: 'timeStamping' }, /only/],
    ] as const) {
      const wrong = makeAuthority(changes);
      const { request, nonce } = timestampRequest(DIGEST);
      const response = wrong.tryAnswer(request);
      // openssl refuses to sign with some of them.
      if (response === null) continue;
      expect(() => verifyTimestamp(response, { digest: DIGEST, nonce, trusted: wrong.ca })).toThrow(why);
    }
  });

  it('is fetched over HTTP; where the authority does not answer it is said', async () => {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.headers['content-type'] !== 'application/timestamp-query') response.writeHead(400).end();
        else response.end(authority.answer(Buffer.concat(chunks)));
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { request, nonce } = timestampRequest(DIGEST);
    const response = await requestTimestamp(url, request);
    expect(verifyTimestamp(response, { digest: DIGEST, nonce, trusted: authority.ca })).toMatchObject({
      policy: '1.2.3.4.1',
    });
    await expect(requestTimestamp('http://127.0.0.1:9/', request)).rejects.toMatchObject({
      code: 'timestamp-unavailable',
      exitCode: 4,
    });
  });

  it('that the authority refuses is none', () => {
    const { request } = timestampRequest(DIGEST);
    const folder = temporaryFolder();
    const query = join(folder, 'bad.tsq');
    const broken = Buffer.from(request);
    broken[20] = 0x09; // another digest algorithm
    writeFileSync(query, broken);
    const { stdout } = spawnSync(
      'openssl',
      ['ts', '-reply', '-config', authority.config, '-queryfile', query],
      {
        cwd: authority.folder,
      },
    );
    expect(() => verifyTimestamp(stdout, { digest: DIGEST, trusted: authority.ca })).toThrow(/verify/);
  });
});
