import type { KeyObject } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { canonicalJson, signText } from '../crypto/index.js';
import { readableMode, writeFileAtomically } from '../workspace/index.js';

/** A statement with the signature of the key that it tells of, or that vouches for it. */
export interface SignedStatement {
  /** Canonical JSON (RFC 8785): what was signed, byte for byte. */
  statement: string;
  /** Ed25519 (RFC 8032) over the UTF-8 bytes of `statement`, base64. */
  signature: string;
}

const LARGEST = 16 * 1024;

export function signStatement(content: object, key: KeyObject): SignedStatement {
  const statement = canonicalJson(content);
  return { statement, signature: signText(statement, key) };
}

/** Writes the statement for those who may use the workspace; replaces only what this account has written. */
export async function writeSigned(path: string, signed: SignedStatement): Promise<void> {
  await writeFileAtomically(path, `${canonicalJson(signed)}\n`, { mode: readableMode(dirname(path)) });
}

/**
 * Reads a file that another account may have written: never through a link, never more than a page.
 *
 * @returns the statement and the number of the account that owns the file; undefined where there is no such file,
 *   or where it is none of ours
 */
export function readSigned(path: string): { signed: SignedStatement; uid: number } | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const status = fstatSync(file);
    if (!status.isFile() || status.size > LARGEST) return undefined;
    const signed = JSON.parse(readFileSync(file, 'utf8')) as Partial<SignedStatement> | null;
    if (typeof signed?.statement !== 'string' || typeof signed.signature !== 'string') return undefined;
    return { signed: { statement: signed.statement, signature: signed.signature }, uid: status.uid };
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
}

/** What a statement says, or an empty object where it is no JSON object. */
export function contentOf({ statement }: SignedStatement): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(statement);
    return typeof content === 'object' && content !== null ? (content as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
