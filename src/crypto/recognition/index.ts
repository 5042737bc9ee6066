import { Fault } from '../../model/index.js';
import { type Source, sourceOf } from '../byte-flow.js';
import type { ByteInput } from '../encryption-format.js';
import { needsFile } from '../format-faults.js';
import { recognize } from '../formats.js';
import { recognizeEncryptedPdf } from './encrypted-pdf.js';
import type { EncryptionEvidence } from './evidence.js';
import { recognizeLuks } from './luks.js';
import { recognizeOpenPgp } from './openpgp.js';
import { recognizeSevenZip } from './seven-zip.js';
import { recognizeZipArchive } from './zip-archive.js';

const START_BYTES = 4096;

/** Formats of other programs. A further one is a further file and a line here. */
const OTHERS: readonly ((source: Source) => Promise<EncryptionEvidence | null>)[] = [
  recognizeOpenPgp,
  recognizeLuks,
  recognizeSevenZip,
  recognizeZipArchive,
  recognizeEncryptedPdf,
];

/** @see recognizeEncrypted in ../encrypted-files.ts */
export async function recognizeEncrypted(
  input: ByteInput & { kind: 'file' },
): Promise<EncryptionEvidence | null> {
  const source = await sourceOf(input, 0, () => needsFile('file'));
  if (source.size === 0) return null;
  const own = await recognizeOwn(input, await source.read(0, Math.min(START_BYTES, source.size)));
  if (own !== null) return own;
  for (const other of OTHERS) {
    const found = await other(source);
    if (found !== null) return found;
  }
  return null;
}

/** Inspection reads the structure up to the end, and throws where it is broken. */
async function recognizeOwn(
  input: ByteInput & { kind: 'file' },
  start: Buffer,
): Promise<EncryptionEvidence | null> {
  const format = await recognize(start);
  if (format === null) return null;
  try {
    const { description } = await format.inspect(input);
    return { format: description, certainty: 'whole', note: null };
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}
