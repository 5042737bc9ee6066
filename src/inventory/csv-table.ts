import { badInput } from '../model/index.js';
import type { ByteSource } from './byte-source.js';
import { type CsvFormat, detectFormat } from './csv-format.js';
import { countKnown, type Header, readHeader } from './header.js';
import type { CsvRecord } from './record-reader.js';
import type { RecordSource } from './record-source.js';
import { isBlank } from './row-reader.js';
import { byteOrderMark, type Encoding, utf8Source } from './text-decoder.js';

/** Bytes that are parsed before the database gets its turn. */
const SLICE_BYTES = 65_536;

/** The file behind its header line. */
export interface CsvTable {
  format: CsvFormat;
  header: Header;
  headerCells: readonly string[];
  reader: RecordSource;
  /** Records that came with the header's piece. */
  first: CsvRecord[];
  /** The rest, as UTF-8. */
  rest: AsyncGenerator<Buffer>;
}

/**
 * Reads up to the header line: finds out the encoding and what separates cells and lines.
 *
 * @throws Fault `csv-empty`, `csv-binary`, `csv-encoding`, `csv-quotes`, `csv-header`
 */
export async function openTable(
  bytes: ByteSource,
  options: { delimiter?: string; encoding?: Encoding },
): Promise<CsvTable> {
  let reader: RecordSource | undefined;
  const pieces = utf8Pieces(bytes, options.encoding, () => reader?.line ?? 1);
  // csv-parse is not needed by the commands that only read the inventory.
  const { RecordSource: Source } = await import('./record-source.js');
  const start = await pieces.next();
  const piece = start.done ? Buffer.alloc(0) : start.value;
  refuseOtherFormats(piece);
  const format = detectFormat(piece.toString('utf8', 0, SLICE_BYTES), options.delimiter, countKnown);
  reader = new Source(format);
  const records = reader.feed(piece);
  while (records.every(isEmpty)) {
    const next = await pieces.next();
    records.push(...(next.done ? await reader.finish() : reader.feed(next.value)));
    if (next.done) break;
  }
  const headerCells = records.find((record) => !isEmpty(record))?.cells;
  if (headerCells === undefined) {
    throw badInput('csv-empty', 'The file holds nothing but empty lines', {
      hint: 'Check the program that wrote it',
    });
  }
  if (headerCells === null) {
    throw badInput('csv-header', 'The quotes in the header line are wrong', {
      hint: 'Put only whole cells in quotes',
    });
  }
  const first = records.slice(records.findIndex(({ cells }) => cells === headerCells) + 1);
  return { format, header: readHeader(headerCells), headerCells, reader, first, rest: pieces };
}

function isEmpty({ cells }: CsvRecord): boolean {
  return cells !== null && isBlank(cells);
}

async function* utf8Pieces(
  bytes: ByteSource,
  asked: Encoding | undefined,
  line: () => number,
): AsyncGenerator<Buffer> {
  let source: ReturnType<typeof utf8Source> | undefined;
  for await (const whole of bytes.pieces()) {
    const mark = source === undefined ? byteOrderMark(whole) : undefined;
    source ??= utf8Source(mark?.encoding ?? asked ?? 'utf-8');
    const piece = source.decode(whole.subarray(mark?.length ?? 0), line());
    for (let at = 0; at < piece.length; at += SLICE_BYTES) yield piece.subarray(at, at + SLICE_BYTES);
  }
  const end = source?.end(line());
  if (end !== undefined && end.length > 0) yield end;
}

/** What people give for a CSV file most often. */
function refuseOtherFormats(start: Buffer): void {
  if (start.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004'))) {
    throw badInput('csv-binary', 'The file is a spreadsheet or another zip file, not CSV', {
      hint: 'Open it and save it as "CSV UTF-8"',
    });
  }
  if (start.subarray(0, 4).includes(0)) {
    throw badInput('csv-binary', 'The file has NUL bytes at its start, so it is no text in UTF-8', {
      hint: 'If it is text in UTF-16, say --encoding utf-16le or utf-16be',
    });
  }
}
