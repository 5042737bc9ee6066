import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { mustRun } from './tools.js';

/** A private key and a certificate for it that OpenSSL made, and where they are. */
export interface MadeCertificate {
  keyPath: string;
  path: string;
  pem: string;
  privateKey: KeyObject;
}

export const KEY_TYPES = {
  'RSA 2048': ['rsa:2048'],
  'P-256': ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
  'P-384': ['ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1'],
  'P-521': ['ec', '-pkeyopt', 'ec_paramgen_curve:secp521r1'],
} as const;

/** @param type argument of `openssl req -newkey`, with its options */
export function makeCertificate(
  context: TestContext,
  folder: string,
  type: readonly string[] = KEY_TYPES['RSA 2048'],
  extensions: readonly string[] = [],
): MadeCertificate {
  const name = Math.random().toString(36).slice(2);
  const [keyPath, path] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  mustRun(context, 'openssl', [
    ...['req', '-x509', '-nodes', '-newkey', ...type, '-keyout', keyPath, '-out', path, '-days', '30'],
    ...['-subj', '/C=US/O=Example, Inc./CN=Ann Lée', '-utf8'],
    ...extensions.flatMap((extension) => ['-addext', extension]),
  ]);
  return {
    keyPath,
    path,
    pem: readFileSync(path, 'utf8'),
    privateKey: createPrivateKey(readFileSync(keyPath)),
  };
}
