import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

/** A time-stamping authority (RFC 3161) of the test's own, which is `openssl ts` with a root and a certificate. */
export interface Authority {
  folder: string;
  config: string;
  /** The root, PEM, and its file. */
  ca: string;
  caFile: string;
  /** @returns the response to a request, DER */
  answer(request: Uint8Array): Buffer;
  tryAnswer(request: Uint8Array): Buffer | null;
}

export function makeAuthority(options: { key?: readonly string[]; usage?: string } = {}): Authority {
  const folder = mkdtempSync(join(inject('lasting'), 'tsa-'));
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
  const config = join(folder, 'tsa.cnf');
  writeFileSync(config, CONFIG);
  const [key, usage] = [options.key ?? ['-newkey', 'rsa:2048'], options.usage ?? 'critical,timeStamping'];
  writeFileSync(join(folder, 'extensions'), `extendedKeyUsage=${usage}\nbasicConstraints=CA:FALSE\n`);
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '30',
    '-subj',
    '/CN=Test Root',
  );
  openssl('req', ...key, '-nodes', '-keyout', 'tsa.key', '-out', 'tsa.csr', '-subj', '/O=Test/CN=Test TSA');
  openssl(
    'x509',
    '-req',
    '-in',
    'tsa.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'tsa.pem',
    '-days',
    '30',
    '-extfile',
    'extensions',
  );
  writeFileSync(join(folder, 'serial'), '01\n');
  const tryAnswer = (request: Uint8Array) => {
    writeFileSync(join(folder, 'query.tsq'), request);
    const args = ['ts', '-reply', '-config', config, '-queryfile', 'query.tsq', '-out', 'reply.tsr'];
    const { status } = spawnSync('openssl', args, { cwd: folder });
    return status === 0 ? readFileSync(join(folder, 'reply.tsr')) : null;
  };
  return {
    folder,
    config,
    ca: readFileSync(join(folder, 'ca.pem'), 'utf8'),
    caFile: join(folder, 'ca.pem'),
    tryAnswer,
    answer(request) {
      const response = tryAnswer(request);
      if (response === null) throw new Error('openssl ts gave no response');
      return response;
    },
  };
}

const CONFIG = `[tsa]
default_tsa = own
[own]
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
certs = ./ca.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
`;
