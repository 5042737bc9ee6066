import { disposalClause, isOverwritable } from '../model/index.js';
import { isTimeZone } from '../workspace/index.js';
import { attestedMethods } from './certificate-facts.js';
import type { CertificateDocument, ItemEntry } from './certificate-format.js';

/**
 * What the shape cannot say: sums, order, and which fields go with which outcome.
 *
 * @returns what is wrong, by field; never quotes a value
 */
export function contradictions(document: CertificateDocument): string[] {
  const problems = [
    ...document.items.flatMap((item, index) =>
      itemContradictions(item, document).map((problem) => `items[${index}]${problem}`),
    ),
    ...totalContradictions(document),
    ...courseContradictions(document),
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

/** Outcomes that always leave something to be told of, and the one that never does. */
const RESIDUAL: Partial<Record<ItemEntry['outcome'], boolean>> = {
  'overwritten-verified': false,
  'overwritten-residual': true,
  'rows-deleted': true,
  attested: false,
};

function itemContradictions(item: ItemEntry, document: CertificateDocument): string[] {
  const problems: string[] = [];
  const rule = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  const attested = item.outcome === 'attested';
  const { intent_seq: intent, outcome_seq: outcome } = item.log;
  const { first_seq: first, last_seq: last } = document.log;
  const residual = RESIDUAL[item.outcome];
  rule(item.law.clause === disposalClause(item.medium), '.law.clause does not fit the medium');
  rule(attested === (item.statement !== null), '.statement must stand exactly with the outcome attested');
  rule(attested === (item.method === null), '.method must be null exactly for the outcome attested');
  rule(residual === undefined || residual === item.residual.length > 0, '.residual does not fit the outcome');
  rule(mediumFits(item), '.medium cannot be destroyed in that way');
  rule(sanitizationFits(item), '.sanitization does not fit the outcome');
  rule(passesFit(item), '.passes does not fit the outcome');
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
  return [...problems, ...verificationContradictions(item)];
}

function verificationContradictions(item: ItemEntry): string[] {
  const problems: string[] = [];
  const { result, method, read_from: readFrom } = item.verification;
  const read = method === 'full-read-back' || method === 'sampled-read-back';
  if ((result === 'passed') !== (method !== null))
    problems.push('.verification.method does not fit the result');
  if (read !== (readFrom !== null)) problems.push('.verification.read_from does not fit the method');
  if (item.outcome === 'attested' && result === 'passed')
    problems.push('.verification of what people did cannot have passed');
  if (item.outcome === 'overwritten-verified' && method !== 'full-read-back')
    problems.push('.verification must have passed');
  return problems;
}

function mediumFits({ outcome, medium }: ItemEntry): boolean {
  if (outcome === 'overwritten-verified' || outcome === 'overwritten-residual') return isOverwritable(medium);
  if (outcome === 'rows-deleted') return medium === 'database';
  if (outcome === 'sanitized') return medium === 'device' || medium === 'removable';
  return outcome === 'attested' || medium !== 'paper';
}

/** NIST SP 800-88 Rev. 2: categories are of whole media and of cryptographic erase; only people destroy a medium. */
function sanitizationFits({ outcome, sanitization }: ItemEntry): boolean {
  if (outcome === 'attested') return true;
  if (outcome === 'sanitized') return sanitization === 'clear' || sanitization === 'purge';
  return sanitization === null || (outcome === 'key-erased' && sanitization !== 'destroy');
}

function passesFit({ outcome, passes }: ItemEntry): boolean {
  if (outcome === 'overwritten-verified' || outcome === 'overwritten-residual') return passes > 0;
  return outcome === 'sanitized' || passes === 0;
}

function totalContradictions(document: CertificateDocument): string[] {
  const { totals, items } = document;
  const of = (outcome: ItemEntry['outcome']) => items.filter((item) => item.outcome === outcome).length;
  const sum = (value: (item: ItemEntry) => number) => items.reduce((total, item) => total + value(item), 0);
  const counted: Record<keyof typeof totals, number> = {
    items: items.length,
    overwritten_verified: of('overwritten-verified'),
    overwritten_residual: of('overwritten-residual'),
    key_erased: of('key-erased'),
    sanitized: of('sanitized'),
    rows_deleted: of('rows-deleted'),
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

function courseContradictions(document: CertificateDocument): string[] {
  const problems: string[] = [];
  const planned = document.subject.kind === 'sweep' || document.subject.kind === 'physical';
  if (planned && document.plan === null) problems.push('plan is missing');
  if (document.replaces === document.number) problems.push('replaces is the certificate itself');
  if (document.log.first_seq > document.log.last_seq) problems.push('log ends before it begins');
  const [started, finished, issued] = [document.started_at, document.finished_at, document.issued_at].map(
    Date.parse,
  );
  if (Number(started) > Number(finished)) problems.push('finished_at is before started_at');
  if (Number(finished) > Number(issued)) problems.push('issued_at is before finished_at');
  if (!isTimeZone(document.time_zone)) problems.push('time_zone is not a time zone that this machine knows');
  return problems;
}
