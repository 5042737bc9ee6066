import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compiledPackCheck } from '../../src/audit/compiled-pack-check.js';
import { parseLogEntry } from '../../src/audit/index.js';
import { type LogEvent, logRecord } from '../../src/audit/log-entry.js';
import { checkPack, type PackAnswer } from '../../src/audit/log-pack.js';
import { Frontier, leafHash } from '../../src/audit/merkle-tree.js';
import { PackModule } from '../../src/audit/pack-module.js';
import { canonicalJson, sha256 } from '../../src/crypto/index.js';
import type { LogRecord } from '../../src/store/index.js';

const WORKSPACE = '0f0e0d0c-0b0a-4908-8706-050403020100';

function packModule(): PackModule {
  const module = PackModule.from(compiledPackCheck());
  if (module === null) throw new Error('WebAssembly is switched off');
  return module;
}
const module = packModule();

/** A stretch as `LogRepository.pack` reads it. */
function pack(records: readonly Record<keyof LogRecord, unknown>[]): Buffer {
  const text = records.map(({ entry, hash, seq, time, operator, action }) =>
    ['', entry, hash, seq, time, operator, action, ''].join('\n'),
  );
  return Buffer.from(text.join(''), 'utf8');
}

function check(
  bytes: Uint8Array,
  count: number,
  { first = 1, sizes = [], tolerance = 0 }: { first?: number; sizes?: number[]; tolerance?: number } = {},
): PackAnswer | null {
  return checkPack(module, { bytes, first, count, workspace: WORKSPACE, sizes, tolerance });
}

/** Whether a text is taken for the entry with number 5, with the columns that it asks for. */
function scan(text: string): boolean {
  const columns = { ...ENTRY, ...parsed(text) };
  return check(pack([{ ...columns, entry: text, hash: sha256(text) }]), 1, { first: 5 }) !== null;
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

const ENTRY = {
  action: 'hold.place',
  command: 'hold place',
  data: { codes: [1, -2, 'x', { a: null, b: true }], none: {}, nothing: [], text: 'été "\\\n\u0001' },
  elapsed_ms: 12,
  format: 'quietus-log/1',
  host: 'host-1',
  operator: 'jdoe',
  outcome: 'done',
  prev: '0'.repeat(64),
  seq: 5,
  subject: { hold: 'H-2026-0001' },
  time: '2026-01-02T03:04:05.678Z',
  workspace: WORKSPACE,
};

const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }).filter((text) => !/\p{Cs}/u.test(text)),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 4 }), tie('value'), { maxKeys: 4 }),
  ),
})).value;

describe('the fast check of an entry', () => {
  it('accepts an entry as it is appended, with and without what may be missing', () => {
    const { elapsed_ms: _, ...without } = ENTRY;
    const named = { ...ENTRY, checkpoint: { number: 3, sha256: 'a'.repeat(64) } };
    for (const entry of [ENTRY, without, named]) {
      expect(scan(canonicalJson(entry))).toBe(true);
      expect(parseLogEntry(canonicalJson(entry))).toEqual(entry);
    }
  });

  it('accepts nothing that the careful check refuses, whatever the data, and is right about plain data', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 6 }), value, { maxKeys: 4 }), (data) => {
        const text = canonicalJson({ ...ENTRY, data });
        if (scan(text)) expect(parseLogEntry(text)).not.toBe(null);
        else expect(JSON.stringify(data)).toMatch(/[.eE]|\d{16}|"[^"]*[^\x20-\x7e][^"]*":|\\.*":/);
      }),
      { numRuns: 400 },
    );
  });

  it('accepts nothing that the careful check refuses, however the bytes are changed', () => {
    const text = canonicalJson(ENTRY);
    const character = fc.constantFrom(...Array.from('{}[]",:\\/u0019-+.eEtfn \n\té\u0000'));
    const edit = fc.tuple(
      fc.nat({ max: text.length }),
      fc.nat({ max: 2 }),
      fc.oneof(character, fc.constant('')),
    );
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let changed = text;
        for (const [at, removed, inserted] of edits)
          changed = changed.slice(0, at) + inserted + changed.slice(at + removed);
        if (scan(changed)) expect(parseLogEntry(changed)).not.toBe(null);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['a space', (text: string) => text.replace(',"data"', ', "data"')],
    ['members in another order', () => JSON.stringify({ ...ENTRY, action: undefined, zzz: 1, outcome: 'x' })],
    ['a member twice', (text: string) => text.replace('"seq":5', '"seq":5,"seq":5')],
    [
      'keys of data in another order',
      (text: string) => text.replace('"none":{},"nothing":[]', '"nothing":[],"none":{}'),
    ],
    ['a key of data twice', (text: string) => text.replace('"none":{}', '"none":{},"none":{}')],
    ['a leading zero', (text: string) => text.replace('"seq":5', '"seq":05')],
    ['a number with a fraction of zero', (text: string) => text.replace('"seq":5', '"seq":5.0')],
    ['an exponent', (text: string) => text.replace('"seq":5', '"seq":5e0')],
    ['minus zero', (text: string) => text.replace('-2', '-0')],
    ['an escape that is not needed', (text: string) => text.replace('été', '\\u00e9t\\u00e9')],
    ['an escaped slash', (text: string) => text.replace('été', '\\/')],
    ['upper-case hex', (text: string) => text.replace('\\u0001', '\\u001F')],
    ['a long escape where a short one is', (text: string) => text.replace('\\n', '\\u000a')],
    ['a raw control character', (text: string) => text.replace('été', '\u0001')],
    ['text after it', (text: string) => `${text} `],
    [
      'keys in the order of their bytes where that of UTF-16 is another',
      (text: string) => text.replace('"none":{}', '"none":{"\uffff":1,"\u{10000}":2}'),
    ],
    ['another format', (text: string) => text.replace('quietus-log/1', 'quietus-log/2')],
  ])('refuses %s', (_, change) => {
    const text = canonicalJson(ENTRY);
    expect(change(text)).not.toBe(text);
    expect(scan(change(text))).toBe(false);
    expect(parseLogEntry(change(text))).toBe(null);
  });
});

/** Entries of a log as it is appended to, each of them a second, or as many milliseconds as given, after the one before. */
function chain(events: readonly LogEvent[], steps: readonly number[] = [], first = 1): LogRecord[] {
  let prev = '0'.repeat(64);
  let at = Date.UTC(2026, 1, 28, 23, 59, 59);
  return events.map((event, index) => {
    at += steps[index] ?? 1000;
    const context = {
      workspace: WORKSPACE,
      actor: { operator: 'jdoe', host: 'host-1', command: 'test' },
      time: new Date(at).toISOString(),
      seq: first + index,
      prev,
    };
    const record = logRecord(event, context);
    prev = record.hash;
    return record;
  });
}

const TEST: LogEvent = { action: 'item.test', outcome: 'done', data: { text: 'x' } };
const many = (count: number): LogEvent[] => Array.from({ length: count }, () => TEST);

describe('a stretch of the log', () => {
  it('has the tree that its entries make one by one, whatever their number and length', () => {
    const lengths = fc.array(fc.nat({ max: 300 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(lengths, (sizes) => {
        const records = chain(sizes.map((length) => ({ ...TEST, data: { text: 'é'.repeat(length) } })));
        const tree = new Frontier();
        const peaksAt = records.map(({ entry }) => {
          tree.append(leafHash(entry));
          return Buffer.concat(tree.peaks);
        });
        const seqs = records.map(({ seq }) => seq);
        const answer = check(pack(records), records.length, { sizes: seqs });
        expect(answer).toMatchObject({ prev: '0'.repeat(64), head: records.at(-1)?.hash });
        expect(answer?.peaksAt).toEqual(peaksAt);
        expect(answer?.peaks).toEqual(peaksAt.at(-1));
      }),
      { numRuns: 60 },
    );
  });

  it('of 4,096 entries has all nodes from level 8 on', () => {
    const records = chain(many(4096), [], 4097);
    const nodes: Buffer[][] = [[], [], [], [], []];
    const tree = new Frontier();
    for (const { entry } of records)
      tree.append(leafHash(entry), ({ level, hash }) => {
        nodes[level - 8]?.push(hash);
      });
    const answer = check(pack(records), records.length, { first: 4097 });
    expect(answer?.nodes).toEqual(nodes.map((level) => Buffer.concat(level)));
    expect(answer?.peaks).toEqual(tree.root());
  });

  it('is refused where any byte is another, is missing, or is there twice', () => {
    const bytes = pack(chain([...many(2), { ...TEST, subject: { item: 'ü' } }]));
    const accepted: string[] = [];
    const attempt = (name: string, changed: Buffer) => {
      if (check(changed, 3) !== null) accepted.push(name);
    };
    expect(check(bytes, 3)).not.toBe(null);
    for (let at = 0; at < bytes.length; at += 1) {
      for (const bit of [1, 0x20, 0x80]) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ bit;
        attempt(`${at} ^ ${bit}`, changed);
      }
      attempt(`without ${at}`, Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]));
      attempt(`twice ${at}`, Buffer.concat([bytes.subarray(0, at + 1), bytes.subarray(at)]));
      attempt(`to ${at}`, bytes.subarray(0, at));
    }
    expect(accepted).toEqual([]);
  });

  it('is refused where a column of one row holds the text of those after it, which then say something else', () => {
    const records = chain(many(4));
    const [one, two, three, four] = records as [LogRecord, LogRecord, LogRecord, LogRecord];
    const hidden = pack([three, four]).toString('utf8').slice(0, -1);
    const forged = { ...three, action: 'item.note', entry: '{"forged":true}' };
    expect(check(pack([one, { ...two, action: `${two.action}\n${hidden}` }, forged, four]), 4)).toBe(null);
  });

  it('is refused where an entry is left out, comes twice, or is of another workspace or number', () => {
    const records = chain(many(4));
    const [one, two, three, four] = records as [LogRecord, LogRecord, LogRecord, LogRecord];
    expect(check(pack(records), 4)).not.toBe(null);
    expect(check(pack([one, three, four]), 3)).toBe(null);
    expect(check(pack([one, two, two, three]), 4)).toBe(null);
    expect(check(pack([one, three, two, four]), 4)).toBe(null);
    expect(check(pack(records), 4, { first: 2 })).toBe(null);
    expect(check(pack(records), 5)).toBe(null);
    const other = { bytes: pack(records), first: 1, count: 4, sizes: [], tolerance: 0 };
    expect(checkPack(module, { ...other, workspace: WORKSPACE.replace('0', '1') })).toBe(null);
    expect(checkPack(module, { ...other, workspace: `${WORKSPACE}0` })).toBe(null);
  });

  it('is refused where it is not UTF-8, as text and as names are', () => {
    const [record] = chain([{ ...TEST, data: { text: 'é' } }]) as [LogRecord];
    const good = Buffer.from(record.entry, 'utf8');
    const bad = Buffer.from(good);
    bad[good.indexOf(0xc3)] = 0xff;
    const around = (entry: Buffer) =>
      Buffer.concat([
        Buffer.from('\n'),
        entry,
        Buffer.from(`\n${sha256(entry)}\n1\n${record.time}\njdoe\nitem.test\n`),
      ]);
    expect(check(around(good), 1)).not.toBe(null);
    expect(isUtf8(bad)).toBe(false);
    expect(check(around(bad), 1)).toBe(null);
  });

  it('tells of times, of those that are before the one before, and of entries of note', () => {
    const events = ['workspace.create', 'item.test', 'log.checkpoint', 'certificate.issue', 'catalog.x'];
    const records = chain(
      events.map((action) => ({ action, outcome: 'done' as const })),
      [1000, 1000, -1500, 2000, -1],
    );
    const times = records.map(({ time }) => time);
    const answer = check(pack(records), 5, { tolerance: 1500 });
    expect(answer).toMatchObject({
      setBack: [3, 5],
      firstTime: times[0],
      minTime: times[2],
      maxTime: times[3],
      lastTime: times[4],
      notable: [0, 2, 3].map((at) => records[at]?.entry),
    });
    expect(check(pack(records), 5, { tolerance: 1499 })).toBe(null);
    // Step by step, each of them small.
    const slow = pack(chain(many(4), [1000, -300, -300, 100]));
    expect(check(slow, 4, { tolerance: 600 })).not.toBe(null);
    expect(check(slow, 4, { tolerance: 599 })).toBe(null);
  });

  it('is refused where an entry was changed, hash and all, and the next one does not follow', () => {
    const [one, two, three] = chain(many(3)) as [LogRecord, LogRecord, LogRecord];
    const entry = two.entry.replace('"x"', '"y"');
    const changed = { ...two, entry, hash: sha256(entry) };
    expect(check(pack([one, changed]), 2)).not.toBe(null);
    expect(check(pack([one, changed, three]), 3)).toBe(null);
  });

  it('is refused where data lie in each other a hundred thousand times, as everything that it cannot decide', () => {
    const [record] = chain(many(1)) as [LogRecord];
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const entry = record.entry.replace('"x"', deep);
    expect(check(pack([{ ...record, entry, hash: sha256(entry) }]), 1)).toBe(null);
  });

  it('measures how far a clock ran backwards as the calendar does', () => {
    const day = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(day, fc.integer({ min: 1, max: 10 ** 12 }), (later, back) => {
        const earlier = new Date(later.getTime() - back);
        if (earlier.getUTCFullYear() < 1) return;
        const first = later.getTime() - Date.UTC(2026, 1, 28, 23, 59, 59);
        const bytes = pack(chain(many(2), [first, -back]));
        expect(check(bytes, 2, { tolerance: back })).not.toBe(null);
        expect(check(bytes, 2, { tolerance: back - 1 })).toBe(null);
      }),
      { numRuns: 200 },
    );
  });
});
