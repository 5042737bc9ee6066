/** Headers and contents fill blocks of this size (POSIX.1-2017 pax, ustar Interchange Format). */
export const BLOCK_BYTES = 512;

export type TarType = 'file' | 'folder' | 'link';

export interface TarEntry {
  type: TarType;
  /** With `/` between its parts, and none at its end. */
  name: string;
  /** Where a link points; otherwise empty. */
  target: string;
  /** Permission bits. */
  mode: number;
  /** In bytes; 0 for all but files. */
  size: number;
  /** Nanoseconds since 1970. */
  mtimeNs: bigint;
}

const FLAGS: Record<TarType, string> = { file: '0', folder: '5', link: '2' };
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
/** First values that 11 octal digits cannot hold. */
const OCTAL_END = 8 ** 11;
const NANOSECONDS = 1_000_000_000n;
/** Printable ASCII, which every program reads the same way. */
const PLAIN = /^[\x20-\x7e]*$/;

/** Header of an entry: one block, with a pax header before it where ustar cannot hold its facts exactly. */
export function tarHeader(entry: TarEntry): Buffer {
  const records: string[] = [];
  const name = entry.type === 'folder' ? `${entry.name}/` : entry.name;
  const split = splitName(name);
  if (!split) records.push(paxRecord('path', name));
  const plainTarget = entry.target.length <= NAME_BYTES && PLAIN.test(entry.target);
  if (!plainTarget) records.push(paxRecord('linkpath', entry.target));
  if (entry.size >= OCTAL_END) records.push(paxRecord('size', String(entry.size)));
  const seconds = Number(entry.mtimeNs / NANOSECONDS);
  const exact = entry.mtimeNs % NANOSECONDS === 0n && seconds >= 0 && seconds < OCTAL_END;
  if (!exact) records.push(paxRecord('mtime', decimalSeconds(entry.mtimeNs)));
  const header = block({
    name: split?.name ?? 'long-name',
    prefix: split?.prefix ?? '',
    target: plainTarget ? entry.target : 'long-target',
    flag: FLAGS[entry.type],
    mode: entry.mode,
    size: entry.size >= OCTAL_END ? 0 : entry.size,
    seconds: seconds >= 0 && seconds < OCTAL_END ? seconds : 0,
  });
  return records.length === 0 ? header : Buffer.concat([paxHeader('x', records), header]);
}

/** A header for all that follows, with a comment that programs skip. */
export function globalComment(comment: string): Buffer {
  return paxHeader('g', [paxRecord('comment', comment)]);
}

function paxHeader(flag: 'x' | 'g', records: readonly string[]): Buffer {
  const content = Buffer.from(records.join(''));
  const size = content.length;
  const name = flag === 'g' ? 'pax_global_header' : 'PaxHeader';
  const header = block({ name, prefix: '', target: '', flag, mode: 0o644, size, seconds: 0 });
  return Buffer.concat([header, content, Buffer.alloc(padding(size))]);
}

/** `LENGTH KEY=VALUE\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

function decimalSeconds(nanoseconds: bigint): string {
  const digits = String(nanoseconds < 0n ? -nanoseconds : nanoseconds).padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0+$/, '');
  return `${nanoseconds < 0n ? '-' : ''}${digits.slice(0, -9)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Zeros behind contents of a size. */
export function padding(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}

function splitName(name: string): { name: string; prefix: string } | null {
  if (!PLAIN.test(name)) return null;
  if (name.length <= NAME_BYTES) return { name, prefix: '' };
  const at = name.indexOf('/', name.length - NAME_BYTES - 1);
  if (at <= 0 || at > PREFIX_BYTES || at === name.length - 1) return null;
  return { name: name.slice(at + 1), prefix: name.slice(0, at) };
}

interface BlockFields {
  name: string;
  prefix: string;
  target: string;
  flag: string;
  mode: number;
  size: number;
  seconds: number;
}

/** What is the same in every header. Owners are left out: they are nobody's business outside, and mean nothing there. */
const TEMPLATE = Buffer.alloc(BLOCK_BYTES);
TEMPLATE.write('0000000\0'.repeat(3), 100, 'latin1');
TEMPLATE.write(' '.repeat(8), 148, 'latin1');
TEMPLATE.write('ustar\x0000', 257, 'latin1');

function block(fields: BlockFields): Buffer {
  const header = Buffer.from(TEMPLATE);
  header.write(fields.name, 0, 'latin1');
  header.write(octal(fields.mode, 7), 100, 'latin1');
  header.write(octal(fields.size, 11), 124, 'latin1');
  header.write(octal(fields.seconds, 11), 136, 'latin1');
  header.write(fields.flag, 156, 'latin1');
  if (fields.target !== '') header.write(fields.target, 157, 'latin1');
  if (fields.prefix !== '') header.write(fields.prefix, 345, 'latin1');
  let sum = 0;
  for (let at = 0; at < BLOCK_BYTES; at += 1) sum += header[at] as number;
  header.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
