import { assert, integer, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CertificateDocument,
  certificateDocument,
  parseCertificate,
  serialize,
} from '../../src/certificate/index.js';
import { Fault } from '../../src/model/index.js';
import { item, paperItem, residualItem, sampleFacts } from './sample-facts.js';

const text = serialize(
  certificateDocument(sampleFacts(3, { items: [item(0), residualItem(1), paperItem(2)] })),
);

function fault(file: string | Buffer): Fault {
  try {
    parseCertificate(Buffer.from(file as string));
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('The file was accepted');
}

/** The file with one change to its document. */
function changed(change: (document: CertificateDocument) => void): string {
  const document = JSON.parse(text) as CertificateDocument;
  change(document);
  return serialize(document);
}

function at<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new Error(`nothing at ${index}`);
  return value;
}

describe('reading the file', () => {
  it('accepts what was issued', () => {
    expect(parseCertificate(Buffer.from(text)).number).toBe('2026-0007');
  });

  it.each([
    ['no JSON', 'certificate', 'certificate-unreadable'],
    ['cut off', text.slice(0, -40), 'certificate-unreadable'],
    ['a byte order mark', `\ufeff${text}`, 'certificate-unreadable'],
    ['no UTF-8', Buffer.concat([Buffer.from(text), Buffer.from([0xff])]), 'certificate-unreadable'],
    ['very deep nesting', '['.repeat(100_000), 'certificate-unreadable'],
    ['an array', '[]\n', 'certificate-invalid'],
    ['null', 'null\n', 'certificate-invalid'],
    ['compact form', JSON.stringify(JSON.parse(text)), 'certificate-reformatted'],
    ['CRLF line ends', text.replaceAll('\n', '\r\n'), 'certificate-reformatted'],
    ['no final line feed', text.trimEnd(), 'certificate-reformatted'],
    ['an escape that need not be', text.replace('"mwhite"', '"\\u006dwhite"'), 'certificate-reformatted'],
    ['a number spelled otherwise', text.replace('"files": 2', '"files": 2.0'), 'certificate-reformatted'],
  ])('refuses %s', (_name, file, code) => {
    expect(fault(file)).toMatchObject({ code, exitCode: 5 });
  });

  it('refuses a key that stands twice, with line and column', () => {
    const twice = text.replace(
      '  "number": "2026-0007",',
      '  "number": "2026-0001",\n  "number": "2026-0007",',
    );
    expect(fault(twice)).toMatchObject({ code: 'certificate-duplicate-key' });
    expect(fault(twice).message).toContain('line 4, column 3');
  });

  it('sees through another spelling of the same key', () => {
    const twice = text.replace('  "number":', '  "n\\u0075mber": "2026-0001",\n  "number":');
    expect(fault(twice).code).toBe('certificate-duplicate-key');
  });

  it('takes neither values nor keys of other objects for repeated keys', () => {
    const same = certificateDocument(sampleFacts(1, { items: [item(0, { title: '"number": "number"' })] }));
    expect(parseCertificate(Buffer.from(serialize(same)))).toEqual(same);
  });

  it('refuses an unknown key and a missing one, and names the fields without quoting what they hold', () => {
    const secret = 'Jane Roe 219-09-9999';
    const unknown = fault(changed((document) => Object.assign(at(document.items, 1), { [secret]: secret })));
    expect(unknown.message).toContain('a key of items[1] is not a field of a certificate');
    const missing = fault(changed((document) => Reflect.deleteProperty(document.plan ?? {}, 'sha256')));
    expect(missing.message).toContain('plan.sha256 is missing');
    const wrong = fault(
      changed((document) => Object.assign(at(document.items, 0), { medium: secret, passes: secret })),
    );
    expect(wrong.message).toContain('items[0].medium');
    for (const { message, details } of [unknown, wrong])
      expect(message + JSON.stringify(details)).not.toContain('219');
  });

  it.each<[string, (document: CertificateDocument) => void, string]>([
    ['a sum', (d) => (d.totals.bytes += 1), 'totals.bytes'],
    ['the count of items', (d) => (d.totals.items += 1), 'totals.items'],
    ['an item removed', (d) => d.items.pop(), 'totals.'],
    ['an item twice', (d) => d.items.push(at(d.items, 0)), 'listed twice'],
    ['the clause', (d) => (at(d.items, 0).law.clause = 'a'), 'items[0].law.clause'],
    ['a better outcome', (d) => (at(d.items, 1).outcome = 'overwritten-verified'), 'items[1].residual'],
    ['a statement taken away', (d) => (at(d.items, 2).statement = null), 'items[2].statement'],
    [
      'a method of another clause',
      (d) => Object.assign(at(d.items, 2).statement ?? {}, { method: 'erased' }),
      'statement.method',
    ],
    [
      'a claim to have verified what people did',
      (d) =>
        Object.assign(at(d.items, 2).verification, {
          result: 'passed',
          method: 'full-read-back',
          read_from: 'medium',
        }),
      'items[2].verification',
    ],
    [
      'no verification',
      (d) =>
        Object.assign(at(d.items, 0).verification, {
          result: 'not-performed',
          method: null,
          read_from: null,
        }),
      'must have passed',
    ],
    ['an unknown method', (d) => (at(d.items, 0).method = 'gutmann'), 'not one of methods'],
    [
      'a medium that nobody overwrites',
      (d) => (at(d.items, 0).medium = 'device'),
      'cannot be destroyed in that way',
    ],
    ['an outcome before its intent', (d) => (at(d.items, 0).log.outcome_seq = 100), 'items[0].log'],
    [
      'an entry outside the log',
      (d) => (at(d.items, 0).log.outcome_seq = 99_999),
      'items[0].log is outside log',
    ],
    ['the end before the start', (d) => (d.finished_at = '2026-11-21T07:00:00Z'), 'finished_at is before'],
    ['issued before the end', (d) => (d.issued_at = '2026-11-21T07:00:03Z'), 'issued_at is before'],
    [
      'a local time',
      (d) => (d.issued_at = '2026-11-21T07:04:42-05:00'),
      'issued_at must be an instant in UTC',
    ],
    [
      'a day that does not exist',
      (d) => Object.assign(d.plan ?? {}, { as_of: '2026-02-30' }),
      'plan.as_of must be an existing day',
    ],
    ['a time zone', (d) => (d.time_zone = 'Massachusetts'), 'time_zone'],
    ['the hold check', (d) => Object.assign(d.hold_check, { checked_at: 'never' }), 'hold_check.checked_at'],
    ['the format', (d) => Object.assign(d, { format: 'quietus-certificate/3' }), 'format'],
    ['a category for files', (d) => (at(d.items, 0).sanitization = 'clear'), 'items[0].sanitization'],
    ['a plan taken away', (d) => (d.plan = null), 'plan is missing'],
    ['a certificate that replaces itself', (d) => (d.replaces = d.number), 'replaces'],
    ['no items', (d) => (d.items = []), 'items must be at least one item'],
  ])('refuses a change of %s', (_name, change, message) => {
    const refusal = fault(changed(change));
    expect(refusal.code).toBe('certificate-invalid');
    expect(refusal.message).toContain(message);
  });

  it('never throws anything but a Fault, whatever byte is changed', () => {
    const bytes = Buffer.from(text);
    assert(
      property(nat(bytes.length - 1), integer({ min: 1, max: 255 }), (position, flip) => {
        const damaged = Buffer.from(bytes);
        damaged.writeUInt8(damaged.readUInt8(position) ^ flip, position);
        const again = rewritten(damaged);
        // A changed letter inside a text can still be a certificate: then it is another one.
        expect(again === undefined || damaged.equals(again)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

/** The file as it is written again, or undefined where it is refused. */
function rewritten(file: Buffer): Buffer | undefined {
  try {
    return Buffer.from(serialize(parseCertificate(file)));
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
