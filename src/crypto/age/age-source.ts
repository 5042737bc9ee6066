import type { ByteInput } from '../encryption-format.js';
import { damaged } from './age-faults.js';
import { type AgeHeader, readHeader } from './age-header.js';
import { isArmored, readArmor } from './armor.js';
import { ByteReader } from './byte-reader.js';

/** Bytes looked at to tell armor from binary. */
const START_BYTES = 4096;

/** An age file of which the header was read. */
export interface AgeSource {
  header: AgeHeader;
  armored: boolean;
  /** What follows the header, without armor. */
  reader: ByteReader;
}

/** @throws Fault `ciphertext-damaged`, `header-too-costly` */
export async function openAgeSource(input: ByteInput): Promise<AgeSource> {
  const raw = ByteReader.of(input);
  try {
    const start = Buffer.alloc(START_BYTES);
    const length = await raw.fill(start);
    raw.unread(start.subarray(0, length));
    if (length === 0) throw damaged('it is empty');
    const armored = isArmored(start.subarray(0, length));
    const reader = armored ? new ByteReader(readArmor(raw)) : raw;
    return { header: await readHeader(reader), armored, reader };
  } catch (error) {
    await raw.close();
    throw error;
  }
}
