import * as v from 'valibot';
import { MEDIA, PI_ELEMENTS, parseCalendarDate } from '../model/index.js';
import {
  ATTESTED_METHODS,
  CERTIFIED_OUTCOMES,
  EXCEPTION_OUTCOMES,
  SANITIZATIONS,
  VERIFICATION_METHODS,
} from './certificate-facts.js';
import { CERTIFICATE_FORMAT } from './certificate-format.js';
import { VERSION_1_FORMAT } from './version-1.js';

// The shape of schemas/certificate-2.schema.json and certificate-1.schema.json, in the same order. Messages complete "FIELD must be …" and
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

const attested = {
  method: v.picklist(ATTESTED_METHODS),
  performed_by: text,
  performed_on: date,
};
const attestedEnd = { witness: v.nullable(text), vendor: v.nullable(text), reference: v.nullable(text) };

const authority = v.strictObject({
  citation: text,
  source: v.nullable(text),
  checked: date,
  warning: v.nullable(text),
});
const law = v.strictObject({
  chapter: v.literal('M.G.L. c. 93I'),
  section: v.literal('2'),
  clause: v.picklist(['a', 'b']),
});
const readFrom = v.nullable(v.picklist(['medium', 'page-cache']));
const result = v.picklist(['passed', 'not-performed']);
const program = v.strictObject({ name: text, version: text });

const item = v.strictObject({
  id,
  title: v.nullable(text),
  record_class: v.nullable(id),
  class_title: v.nullable(text),
  other_classes: v.exactOptional(
    v.pipe(
      v.array(v.strictObject({ record_class: id, class_title: text, authority })),
      v.minLength(1, 'at least one class'),
    ),
  ),
  medium: v.picklist(MEDIA),
  media: v.nullable(
    v.strictObject({
      type: v.nullable(text),
      vendor: v.nullable(text),
      model: v.nullable(text),
      serial: v.nullable(text),
      property_number: v.nullable(text),
      capacity_bytes: v.nullable(count),
    }),
  ),
  source: v.nullable(text),
  destination: v.nullable(text),
  pi_elements: v.array(v.picklist(PI_ELEMENTS)),
  data_subjects: v.nullable(count),
  keep_until: v.nullable(date),
  authority: v.nullable(authority),
  law,
  outcome: v.picklist(CERTIFIED_OUTCOMES),
  sanitization: v.nullable(v.picklist(SANITIZATIONS)),
  method: v.nullable(code),
  passes: count,
  tool: v.nullable(program),
  verification: v.strictObject({
    result,
    method: v.nullable(v.picklist(VERIFICATION_METHODS)),
    read_from: readFrom,
    detail: v.nullable(text),
  }),
  files: count,
  bytes: count,
  pre_state: v.nullable(text),
  post_state: v.nullable(text),
  residual: v.array(reason),
  statement: v.nullable(
    v.strictObject({
      ...attested,
      place: v.nullable(text),
      ...attestedEnd,
      vendor_certificate: v.nullable(v.strictObject({ file_name: text, sha256 })),
      recorded_by: id,
    }),
  ),
  custody: v.array(v.strictObject({ on: date, from: text, to: text, detail: v.nullable(text) })),
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

const number = v.pipe(v.string(), v.regex(/^\d{4}-\d{4,9}$/, 'a number written YYYY-NNNN'));
const organization = v.strictObject({ name: text, address: v.nullable(text) });
const plan = v.strictObject({ id, sha256, as_of: date, schedule_version: positive });
/** Fields that both versions have, in the order that they share. */
const course = {
  started_at: instant,
  finished_at: instant,
  issued_at: instant,
  time_zone: text,
  operator: v.strictObject({ id, name: text, account: text }),
  approvals: v.array(
    v.strictObject({ operator: id, name: text, approved_at: instant, statement: signed, signature: signed }),
  ),
  statement: v.pipe(v.array(text), v.minLength(1, 'at least one paragraph')),
};
const sums = {
  exceptions: count,
  files: count,
  bytes: count,
  data_subjects: count,
  items_without_data_subjects: count,
};
const overwritten = { items: positive, overwritten_verified: count, overwritten_residual: count };
const means = { methods: v.array(reason), limits: v.array(reason) };
const logPart = { first_seq: positive, last_seq: positive, head_hash: sha256 };

export const certificateSchema = v.strictObject({
  format: v.literal(CERTIFICATE_FORMAT),
  number,
  replaces: v.nullable(number),
  workspace_id: id,
  organization,
  subject: v.strictObject({
    kind: v.picklist(['sweep', 'physical', 'disposal', 'archive', 'device']),
    id,
    ground: v.nullable(text),
  }),
  plan: v.nullable(plan),
  ...course,
  totals: v.strictObject({
    ...overwritten,
    key_erased: count,
    sanitized: count,
    rows_deleted: count,
    attested: count,
    ...sums,
  }),
  ...means,
  hold_check: v.strictObject({ checked_at: v.picklist(['claim', 'statement']), holds_in_force: count }),
  tool: program,
  signer: v.nullable(v.strictObject({ name: text, certificate_sha256: sha256 })),
  log: v.strictObject({ ...logPart, checkpoint: v.nullable(signed) }),
  exceptions: v.array(exception),
  items: v.pipe(v.array(item), v.minLength(1, 'at least one item')),
});

const versionOneItem = v.strictObject({
  id,
  title: v.nullable(text),
  record_class: id,
  class_title: text,
  medium: v.picklist(MEDIA),
  pi_elements: v.array(v.picklist(PI_ELEMENTS)),
  data_subjects: v.nullable(count),
  keep_until: v.nullable(date),
  authority,
  law,
  outcome: v.picklist(['overwritten-verified', 'overwritten-residual', 'attested']),
  method: v.nullable(code),
  passes: count,
  verification: v.strictObject({ result, read_from: readFrom }),
  files: count,
  bytes: count,
  residual: v.array(reason),
  statement: v.nullable(v.strictObject({ ...attested, ...attestedEnd, recorded_by: id })),
  log: logReference,
});

export const versionOneSchema = v.strictObject({
  format: v.literal(VERSION_1_FORMAT),
  number,
  workspace_id: id,
  organization,
  run_id: id,
  plan,
  ...course,
  totals: v.strictObject({ ...overwritten, attested: count, ...sums }),
  ...means,
  hold_check: v.strictObject({ checked_at_claim: v.literal(true), holds_in_force: count }),
  tool: program,
  log: v.strictObject(logPart),
  exceptions: v.array(exception),
  items: v.pipe(v.array(versionOneItem), v.minLength(1, 'at least one item')),
});
