import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CsvRecord, RecordReader } from '../../src/inventory/record-reader.js';
import { RecordSource } from '../../src/inventory/record-source.js';

/** Everything that a reader makes of a text given in pieces, failures included. */
async function readAll(
  reader: RecordReader | RecordSource,
  bytes: Buffer,
  cuts: readonly number[],
): Promise<unknown> {
  const records: CsvRecord[] = [];
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  try {
    for (const [at, start] of [0, ...places].entries()) {
      records.push(...reader.feed(bytes.subarray(start, places[at] ?? bytes.length)));
    }
    records.push(...(await reader.finish()));
    return records;
  } catch (error) {
    // Rows before the failure are imported by nobody.
    return String(error);
  }
}

describe('a record source', () => {
  // csv-parse is the other program: what it makes of a text is what is right, however the text comes in.
  it.each(['\n', '\r\n', '\r'])(
    'reads what csv-parse reads, with lines that end in %j',
    async (recordDelimiter) => {
      const part = fc.constantFrom(
        'a',
        'é',
        '😀',
        ' ',
        ',',
        ';',
        '"',
        '"x"',
        '""',
        '\n',
        '\r',
        recordDelimiter,
        `${recordDelimiter}a,`,
        ',"b",',
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(part, { maxLength: 40 }),
          fc.constantFrom(',', ';'),
          fc.array(fc.nat(200), { maxLength: 4 }),
          async (parts, delimiter, cuts) => {
            const format = { delimiter, recordDelimiter };
            const bytes = Buffer.from(parts.join(''));
            const expected = await readAll(new RecordReader(format), bytes, []);
            expect(await readAll(new RecordSource(format), bytes, cuts)).toEqual(expected);
          },
        ),
        { numRuns: 3000 },
      );
    },
  );
});
