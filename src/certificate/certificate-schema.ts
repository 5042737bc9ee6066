import * as v from 'valibot';
import { MEDIA, PI_ELEMENTS, parseCalendarDate } from '../model/index.js';
import { ATTESTED_METHODS, CERTIFIED_OUTCOMES, EXCEPTION_OUTCOMES } from './certificate-facts.js';
import { CERTIFICATE_FORMAT } from './certificate-format.js';

// The shape of schemas/certificate-1.schema.json, in the same order. Messages complete "FIELD must be …" and
// never quote a value: what a certificate holds may be personal information.

const CONTROL = /[\p{Cc}\p{Surrogate}\u2028\u2029]/u;

const text = v.pipe(
  v.string(),
  v.minLength(1, 'a text that is not empty'),
  v.maxLength(10_000, 'a text of at most 10,000 characters'),
  v.check((value) => !CONTROL.test(value), 'one line of text without control characters'),
);
const signed = v.pipe(v.string(), v.minLength(1, 'a text that is not empty'));
const id = v.pipe(v.string(), v.regex(/^[A-Za-z0-9._:/-]{1,128}$/, 'an id'));
const code = v.pipe(v.string(), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'a code in kebab-case'));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in 64 lower-case hex digits'));
const count = v.pipe(v.number(), v.safeInteger('a whole number'), v.minValue(0, 'zero or more'));
const positive = v.pipe(v.number(), v.safeInteger('a whole number'), v.minValue(1, 'one or more'));
const date = v.pipe(
  v.string(),
  v.check((value) => parseCalendarDate(value) !== undefined, 'an existing day written YYYY-MM-DD'),
);
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;
const instant = v.pipe(
  v.string(),
  v.check(
    (value) =>
      INSTANT.test(value) && parseCalendarDate(value.slice(0, 10)) !== undefined && isClockTime(value),
    'an instant in UTC (RFC 3339)',
  ),
);
const reason = v.strictObject({ code, text });

function isClockTime(value: string): boolean {
  return (
    Number(value.slice(11, 13)) < 24 && Number(value.slice(14, 16)) < 60 && Number(value.slice(17, 19)) < 60
  );
}

const logReference = v.strictObject({
  intent_seq: positive,
  intent_hash: sha256,
  outcome_seq: positive,
  outcome_hash: sha256,
});

const attested = v.strictObject({
  method: v.picklist(ATTESTED_METHODS),
  performed_by: text,
  performed_on: date,
  witness: v.nullable(text),
  vendor: v.nullable(text),
  reference: v.nullable(text),
  recorded_by: id,
});

const item = v.strictObject({
  id,
  title: v.nullable(text),
  record_class: id,
  class_title: text,
  medium: v.picklist(MEDIA),
  pi_elements: v.array(v.picklist(PI_ELEMENTS)),
  data_subjects: v.nullable(count),
  keep_until: v.nullable(date),
  authority: v.strictObject({
    citation: text,
    source: v.nullable(text),
    checked: date,
    warning: v.nullable(text),
  }),
  law: v.strictObject({
    chapter: v.literal('M.G.L. c. 93I'),
    section: v.literal('2'),
    clause: v.picklist(['a', 'b']),
  }),
  outcome: v.picklist(CERTIFIED_OUTCOMES),
  method: v.nullable(code),
  passes: count,
  verification: v.strictObject({
    result: v.picklist(['passed', 'not-performed']),
    read_from: v.nullable(v.picklist(['medium', 'page-cache'])),
  }),
  files: count,
  bytes: count,
  residual: v.array(reason),
  statement: v.nullable(attested),
  log: logReference,
});

const exception = v.strictObject({
  id,
  title: v.nullable(text),
  record_class: v.nullable(id),
  medium: v.picklist(MEDIA),
  outcome: v.picklist(EXCEPTION_OUTCOMES),
  reasons: v.array(reason),
  log: v.nullable(logReference),
});

export const certificateSchema = v.strictObject({
  format: v.literal(CERTIFICATE_FORMAT),
  number: v.pipe(v.string(), v.regex(/^\d{4}-\d{4,9}$/, 'a number written YYYY-NNNN')),
  workspace_id: id,
  organization: v.strictObject({ name: text, address: v.nullable(text) }),
  run_id: id,
  plan: v.strictObject({ id, sha256, as_of: date, schedule_version: positive }),
  started_at: instant,
  finished_at: instant,
  issued_at: instant,
  time_zone: text,
  operator: v.strictObject({ id, name: text, account: text }),
  approvals: v.array(
    v.strictObject({ operator: id, name: text, approved_at: instant, statement: signed, signature: signed }),
  ),
  statement: v.pipe(v.array(text), v.minLength(1, 'at least one paragraph')),
  totals: v.strictObject({
    items: positive,
    overwritten_verified: count,
    overwritten_residual: count,
    attested: count,
    exceptions: count,
    files: count,
    bytes: count,
    data_subjects: count,
    items_without_data_subjects: count,
  }),
  methods: v.array(reason),
  limits: v.array(reason),
  hold_check: v.strictObject({ checked_at_claim: v.literal(true), holds_in_force: count }),
  tool: v.strictObject({ name: text, version: text }),
  log: v.strictObject({ first_seq: positive, last_seq: positive, head_hash: sha256 }),
  exceptions: v.array(exception),
  items: v.pipe(v.array(item), v.minLength(1, 'at least one item')),
});
