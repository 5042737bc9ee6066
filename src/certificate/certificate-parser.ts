import * as v from 'valibot';
import { disposalClause, isOverwritable, verificationFailed } from '../model/index.js';
import { isTimeZone } from '../workspace/index.js';
import { attestedMethods } from './certificate-facts.js';
import { type CertificateDocument, type ItemEntry, serialize } from './certificate-format.js';
import { certificateSchema } from './certificate-schema.js';
import { parseStrictJson } from './strict-json.js';

const PROBLEM_LIMIT = 20;

/**
 * Reads the JSON file of a certificate strictly: UTF-8, no key unknown or twice, every rule of the format,
 * and exactly the bytes that `serialize` writes for it.
 *
 * @throws Fault (exit 5) `certificate-unreadable`, `certificate-duplicate-key`, `certificate-invalid` or
 *   `certificate-reformatted`; messages name fields and never quote values
 */
export function parseCertificate(bytes: Uint8Array): CertificateDocument {
  const document = validateCertificate(parseStrictJson(bytes));
  if (serialize(document) !== new TextDecoder().decode(bytes)) {
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
  const result = v.safeParse(certificateSchema, value);
  const problems = result.success ? contradictions(result.output) : result.issues.map(problemOf);
  if (result.success && problems.length === 0) return result.output;
  const listed = problems.slice(0, PROBLEM_LIMIT);
  const rest = problems.length - listed.length;
  throw verificationFailed(
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

/** What the shape cannot say: sums, order, and which fields go with which outcome. */
function contradictions(document: CertificateDocument): string[] {
  const problems = [
    ...document.items.flatMap((item, index) =>
      itemContradictions(item, document).map((problem) => `items[${index}]${problem}`),
    ),
    ...totalContradictions(document),
    ...timeContradictions(document),
  ];
  const seen = new Set<string>();
  for (const { id } of [...document.exceptions, ...document.items]) {
    if (seen.has(id)) problems.push(`item ${id} is listed twice`);
    seen.add(id);
  }
  const { first_seq: first, last_seq: last } = document.log;
  document.exceptions.forEach(({ log }, index) => {
    if (log === null) return;
    const { intent_seq: intent, outcome_seq: outcome } = log;
    if (first <= intent && intent <= outcome && outcome <= last) return;
    problems.push(`exceptions[${index}].log is outside log`);
  });
  return problems;
}

function itemContradictions(item: ItemEntry, document: CertificateDocument): string[] {
  const problems: string[] = [];
  const rule = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  const attested = item.outcome === 'attested';
  const { result, read_from: readFrom } = item.verification;
  const { intent_seq: intent, outcome_seq: outcome } = item.log;
  const { first_seq: first, last_seq: last } = document.log;
  rule(item.law.clause === disposalClause(item.medium), '.law.clause does not fit the medium');
  rule(attested === (item.statement !== null), '.statement must stand exactly with the outcome attested');
  rule(attested === (item.method === null), '.method must be null exactly for the outcome attested');
  rule(
    (item.outcome === 'overwritten-residual') === item.residual.length > 0,
    '.residual does not fit the outcome',
  );
  rule((result === 'passed') === (readFrom !== null), '.verification.read_from does not fit the result');
  rule(!attested || result === 'not-performed', '.verification of what people did cannot have passed');
  rule(item.outcome !== 'overwritten-verified' || result === 'passed', '.verification must have passed');
  rule(attested || isOverwritable(item.medium), '.medium cannot be overwritten');
  rule(attested === (item.passes === 0), '.passes does not fit the outcome');
  rule(first <= intent && intent <= outcome && outcome <= last, '.log is outside log');
  rule(attested || intent < outcome, '.log has no intent before the outcome');
  if (item.method !== null) {
    const known = document.methods.some((method) => method.code === item.method);
    rule(known, '.method is not one of methods');
  }
  if (item.statement !== null) {
    const allowed = attestedMethods(item.law.clause).includes(item.statement.method);
    rule(allowed, '.statement.method is not one that the clause names');
  }
  return problems;
}

function totalContradictions(document: CertificateDocument): string[] {
  const { totals, items } = document;
  const of = (outcome: ItemEntry['outcome']) => items.filter((item) => item.outcome === outcome).length;
  const sum = (value: (item: ItemEntry) => number) => items.reduce((total, item) => total + value(item), 0);
  const counted: Record<keyof typeof totals, number> = {
    items: items.length,
    overwritten_verified: of('overwritten-verified'),
    overwritten_residual: of('overwritten-residual'),
    attested: of('attested'),
    exceptions: document.exceptions.length,
    files: sum((item) => item.files),
    bytes: sum((item) => item.bytes),
    data_subjects: sum((item) => item.data_subjects ?? 0),
    items_without_data_subjects: sum((item) => (item.data_subjects === null ? 1 : 0)),
  };
  return Object.entries(counted)
    .filter(([key, value]) => totals[key as keyof typeof totals] !== value)
    .map(([key]) => `totals.${key} is not the sum of the items`);
}

function timeContradictions(document: CertificateDocument): string[] {
  const problems: string[] = [];
  const [started, finished, issued] = [document.started_at, document.finished_at, document.issued_at].map(
    Date.parse,
  );
  if (Number(started) > Number(finished)) problems.push('finished_at is before started_at');
  if (Number(finished) > Number(issued)) problems.push('issued_at is before finished_at');
  if (!isTimeZone(document.time_zone)) problems.push('time_zone is not a time zone that this machine knows');
  return problems;
}
