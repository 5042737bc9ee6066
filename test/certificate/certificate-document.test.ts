import { array, assert, nat, option, property, record, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ATTESTED_METHODS,
  attestedMethods,
  certificateDocument,
  isCertified,
  parseCertificate,
  serialize,
} from '../../src/certificate/index.js';
import { MEDIA, OUTCOMES } from '../../src/model/index.js';
import { day, everyKind, exception, item, paperItem, residualItem, sampleFacts } from './sample-facts.js';

describe('which outcomes are certified', () => {
  it('certifies what was overwritten, rows that were counted, devices, keys, and what people stated', () => {
    expect(OUTCOMES.filter(isCertified)).toEqual([
      'overwritten-verified',
      'overwritten-residual',
      'rows-deleted',
      'sanitized',
      'key-erased',
      'attested',
    ]);
    expect(isCertified('waiting')).toBe(false);
  });
});

describe('the clauses of M.G.L. c. 93I § 2', () => {
  it('names for paper: redacted, burned, pulverized, shredded; for other media: destroyed, erased', () => {
    expect(attestedMethods('a')).toEqual(['redacted', 'burned', 'pulverized', 'shredded']);
    expect(attestedMethods('b')).toEqual(['destroyed', 'erased']);
    expect([...attestedMethods('a'), ...attestedMethods('b')]).toEqual(ATTESTED_METHODS);
  });

  it('puts paper under (a) and every other medium under (b)', () => {
    const items = MEDIA.map((medium, n) =>
      paperItem(n, { medium, ...(medium === 'paper' ? {} : { statement: statement('destroyed') }) }),
    );
    const document = certificateDocument(sampleFacts(20, { items }));
    expect(Object.fromEntries(document.items.map(({ medium, law }) => [medium, law.clause]))).toEqual({
      archive: 'b',
      file: 'b',
      folder: 'b',
      removable: 'b',
      device: 'b',
      paper: 'a',
      database: 'b',
      other: 'b',
    });
  });
});

describe('what the certificate says', () => {
  it('never says more than was done', () => {
    const document = certificateDocument(sampleFacts(40, { methods: [], limits: [] }));
    const words = JSON.stringify({ ...document, limits: [] });
    expect(words).not.toMatch(/unrecoverable|irrecoverable|impossible to recover|permanently/i);
    expect(words).not.toMatch(/\b(Clear|Cleared|Purge|Purged|Destroy)\b/);
  });

  it('says that overwriting files is partial sanitization, only where files were overwritten', () => {
    const overwritten = certificateDocument(sampleFacts(1)).statement.join(' ');
    expect(overwritten).toContain('partial sanitization in the sense of NIST SP 800-88 Rev. 2');
    const attested = certificateDocument(
      sampleFacts(1, { items: [paperItem(0)], methods: [] }),
    ).statement.join(' ');
    expect(attested).not.toContain('sanitization');
    expect(attested).toContain('neither witnessed nor verified');
  });

  it('names a category of NIST SP 800-88 only of whole media', () => {
    const { statement, totals } = certificateDocument(everyKind());
    expect(statement.join(' ')).toContain('1 medium by Purge');
    expect(statement.join(' ')).toContain('the keys that open it were destroyed (cryptographic erase)');
    expect(statement.join(' ')).toContain('rows were deleted from a database and counted');
    expect(totals).toMatchObject({ key_erased: 1, sanitized: 1, rows_deleted: 1, attested: 1 });
  });

  it.each([
    ['disposal', 'disposed of what a person had named, outside a plan (D-1). Ground given: Lease ended.'],
    ['archive', 'destroyed the keys of an encrypted archive (D-1). Ground given: Lease ended.'],
    ['device', 'had a whole medium sanitized (D-1). Ground given: Lease ended.'],
  ] as const)('tells of what no plan asked for: %s', (kind, words) => {
    const subject = { kind, id: 'D-1', ground: 'Lease ended', plan: null };
    const document = certificateDocument(everyKind({ subject }));
    expect(document.subject).toEqual({ kind, id: 'D-1', ground: 'Lease ended' });
    expect(document.plan).toBeNull();
    expect(document.statement[0]).toContain(words);
    expect(parseCertificate(Buffer.from(serialize(document)))).toEqual(document);
  });

  it('says which certificate it takes the place of', () => {
    expect(certificateDocument(sampleFacts(1, { replaces: '2026-0006' })).statement[0]).toContain(
      'takes the place of certificate 2026-0006',
    );
  });

  it('tells when the comparison saw only the cache', () => {
    const cached = item(0, { verification: { result: 'passed', readFrom: 'page-cache' } });
    const text = certificateDocument(sampleFacts(1, { items: [cached] })).statement.join(' ');
    expect(text).toContain('which shows what was written but not what the medium holds');
    expect(certificateDocument(sampleFacts(1)).statement.join(' ')).not.toContain('cache');
  });

  it('calls the data subjects a lower bound where an item has no count', () => {
    const items = [item(0, { dataSubjects: 1200 }), item(1, { dataSubjects: null })];
    const document = certificateDocument(sampleFacts(2, { items }));
    expect(document.totals).toMatchObject({ data_subjects: 1200, items_without_data_subjects: 1 });
    expect(document.statement.join(' ')).toContain('at least 1,200 data subjects');
    const known = certificateDocument(sampleFacts(2, { items: items.slice(0, 1) }));
    expect(known.statement.join(' ')).not.toContain('at least');
  });

  it('counts each outcome and lists what was not destroyed as exceptions', () => {
    const items = [item(0), item(1), residualItem(2), paperItem(3)];
    const exceptions = [
      exception(1, { outcome: 'already-gone' }),
      exception(2, { outcome: 'unlinked-only' }),
    ];
    const document = certificateDocument(sampleFacts(4, { items, exceptions }));
    expect(document.totals).toMatchObject({
      items: 4,
      overwritten_verified: 2,
      overwritten_residual: 1,
      attested: 1,
      exceptions: 2,
      files: 3,
      bytes: 3 * 48_213 + 3 * 17,
    });
    expect(document.statement.join(' ')).toContain('2 items that were to be disposed of were not destroyed');
  });

  it('says so where nobody approved', () => {
    expect(certificateDocument(sampleFacts(1, { approvals: [] })).statement[0]).toContain(
      'No approval was recorded',
    );
  });

  it('prints the time of the organization, with the offset of daylight saving', () => {
    const text = certificateDocument(sampleFacts(1, { startedAt: '2026-07-01T03:30:00Z' })).statement[0];
    expect(text).toContain('June 30, 2026, 23:30:00 (UTC\u221204:00)');
    expect(text).toContain('November 21, 2026, 02:04:41 (UTC\u221205:00)');
  });

  it('lists limits of overwriting whatever the run reports, and each only once', () => {
    const limits = [{ code: 'older-versions', text: 'Known to this run.' }];
    const codes = certificateDocument(sampleFacts(1, { limits })).limits.map(({ code }) => code);
    expect(codes).toContain('backups-and-snapshots');
    expect(codes).toContain('copies-elsewhere');
    expect(new Set(codes).size).toBe(codes.length);
    const attested = certificateDocument(sampleFacts(1, { items: [paperItem(0)], methods: [] }));
    expect(attested.limits.map(({ code }) => code)).toEqual(['copies-elsewhere', 'attested-not-verified']);
  });

  it('is refused where nothing was destroyed', () => {
    expect(() => certificateDocument(sampleFacts(0))).toThrow(
      expect.objectContaining({ code: 'certificate-empty', exitCode: 4 }),
    );
  });
});

describe('the file', () => {
  it('is indented JSON whose head a person can read, with a final line feed', () => {
    const lines = serialize(certificateDocument(sampleFacts(1))).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      '{',
      '  "format": "quietus-certificate/2",',
      '  "number": "2026-0007",',
    ]);
    expect(lines.at(-1)).toBe('');
    expect(lines.at(-2)).toBe('}');
  });

  it('turns line breaks and control characters of titles into spaces', () => {
    const titled = item(0, { title: 'Two\r\nlines\u0000 and\u2028 more' });
    const document = certificateDocument(sampleFacts(1, { items: [titled] }));
    expect(document.items[0]?.title).toBe('Two lines and more');
    expect(
      certificateDocument(sampleFacts(1, { items: [item(0, { title: '\n' })] })).items[0]?.title,
    ).toBeNull();
  });

  it('reads back as the same document, whatever the facts', () => {
    const text = string({ unit: 'binary', minLength: 1, maxLength: 60 }).map((value) => `x${value}`);
    assert(
      property(
        array(
          record({
            title: option(text),
            classTitle: text,
            dataSubjects: option(nat()),
            kind: nat(2),
          }),
          {
            minLength: 1,
            maxLength: 12,
          },
        ),
        text,
        (records, name) => {
          const make = [item, residualItem, paperItem];
          const items = records.map(({ kind, ...changes }, n) => (make[kind] ?? item)(n, changes));
          const facts = sampleFacts(items.length, { items, organization: { name, address: name } });
          const document = certificateDocument(facts);
          expect(parseCertificate(Buffer.from(serialize(document)))).toEqual(document);
        },
      ),
      { numRuns: 200 },
    );
  });
});

function statement(method: 'destroyed' | 'erased') {
  return {
    method,
    performedBy: 'Rosa Jiménez',
    performedOn: day('2026-11-20'),
    witness: null,
    vendor: null,
    reference: null,
    recordedBy: 'mwhite',
  };
}
