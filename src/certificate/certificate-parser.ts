import * as v from 'valibot';
import { verificationFailed } from '../model/index.js';
import { type CertificateDocument, serialize } from './certificate-format.js';
import { contradictions } from './certificate-rules.js';
import { certificateSchema, versionOneSchema } from './certificate-schema.js';
import { parseStrictJson } from './strict-json.js';
import { upgraded, VERSION_1_FORMAT } from './version-1.js';

const PROBLEM_LIMIT = 20;

/**
 * Reads the JSON file of a certificate strictly: UTF-8, no key unknown or twice, every rule of the format,
 * and exactly the bytes that `serialize` writes for it.
 *
 * @returns the document; one of version 1 in the words of version 2
 * @throws Fault (exit 5) `certificate-unreadable`, `certificate-duplicate-key`, `certificate-invalid` or
 *   `certificate-reformatted`; messages name fields and never quote values
 */
export function parseCertificate(bytes: Uint8Array): CertificateDocument {
  const { written, document } = validated(parseStrictJson(bytes));
  if (serialize(written) !== new TextDecoder().decode(bytes)) {
    throw verificationFailed(
      'certificate-reformatted',
      'The certificate says what a certificate says, but is not written as it was issued',
      {
        hint: 'Use the file as it was issued; an editor or formatter may have changed spaces or the order of keys',
      },
    );
  }
  return document;
}

/**
 * Checks a value against the format of the certificate, shape first and then what the fields say of each other.
 *
 * @throws Fault `certificate-invalid` that lists the fields
 */
export function validateCertificate(value: unknown): CertificateDocument {
  return validated(value).document;
}

function validated(value: unknown): { written: object; document: CertificateDocument } {
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
  const old = format === VERSION_1_FORMAT;
  const result = old ? v.safeParse(versionOneSchema, value) : v.safeParse(certificateSchema, value);
  if (!result.success) throw invalid(result.issues.map(problemOf));
  const written = result.output;
  const document = written.format === VERSION_1_FORMAT ? upgraded(written) : written;
  const problems = contradictions(document);
  if (problems.length > 0) throw invalid(problems);
  return { written, document };
}

function invalid(problems: readonly string[]): Error {
  const listed = problems.slice(0, PROBLEM_LIMIT);
  const rest = problems.length - listed.length;
  return verificationFailed(
    'certificate-invalid',
    `The certificate is not valid: ${listed.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`,
    { hint: 'Use the file as it was issued', details: { problems: listed } },
  );
}

function problemOf(issue: v.BaseIssue<unknown>): string {
  const path = pathOf(issue);
  if (issue.kind === 'schema' && issue.type === 'strict_object') {
    if (issue.expected === 'never') return `${path} is not a field of a certificate`;
    if (issue.received === 'undefined') return `${path} is missing`;
  }
  return `${path} must be ${issue.kind === 'schema' ? expected(issue.expected) : issue.message}`;
}

function expected(type: string | null): string {
  const words: Record<string, string> = {
    string: 'a text',
    number: 'a number',
    Array: 'a list',
    Object: 'an object',
  };
  return words[type ?? ''] ?? `${type}`;
}

/** `items[3].law.clause`. A key that is not ours is not repeated: it could hold anything. */
function pathOf(issue: v.BaseIssue<unknown>): string {
  const path = issue.path ?? [];
  const named = issue.expected === 'never' ? path.slice(0, -1) : path;
  const words = named
    .map((step) => (typeof step.key === 'number' ? `[${step.key}]` : `.${String(step.key)}`))
    .join('')
    .replace(/^\./, '');
  if (issue.expected !== 'never') return words || 'the document';
  return `a key of ${words || 'the document'}`;
}
