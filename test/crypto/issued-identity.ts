import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SigningIdentity } from '../../src/crypto/index.js';
import { temporaryFolder } from '../temporary-folder.js';

/** A certificate authority with an intermediate, and a signer below it, made by OpenSSL. */
export function issuedIdentity(
  algorithm: readonly string[] = ['rsa:2048'],
): SigningIdentity & { root: string } {
  const folder = temporaryFolder();
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const make = (name: string, issuer: string | null, extension: string) => {
    const key = [...algorithm, '-nodes', '-keyout', `${name}.key`];
    const self = ['-x509', '-days', '3650', '-out', `${name}.pem`];
    const issued = ['-x509', '-days', '3650', '-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`];
    openssl(
      'req',
      '-newkey',
      ...key,
      ...(issuer === null ? self : [...issued, '-out', `${name}.pem`]),
      '-subj',
      `/CN=${name}`,
      '-addext',
      extension,
    );
  };
  make('root', null, 'keyUsage=critical,keyCertSign');
  make('middle', 'root', 'basicConstraints=critical,CA:true');
  make('signer', 'middle', 'keyUsage=critical,digitalSignature');
  const pem = (name: string) => readFileSync(join(folder, name), 'utf8');
  return {
    privateKey: createPrivateKey(pem('signer.key')),
    certificate: pem('signer.pem'),
    chain: [pem('middle.pem'), pem('root.pem')],
    root: pem('root.pem'),
  };
}
