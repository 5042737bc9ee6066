import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { armor } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import type { ByteInput, ByteOutput, DecryptionKey } from '../../src/crypto/index.js';
import { formatOf } from '../../src/crypto/index.js';
import { Fault } from '../../src/model/index.js';
import { vectors as published } from './cctv-vectors.mjs';
import { fileOf, outputOf, streamOf } from './format-harness.js';

// The vectors of C2SP/CCTV, through every way in and out.

interface Vector {
  name: string;
  file: Buffer;
  keys: DecryptionKey[];
  armored: boolean;
  expect: string;
  /** SHA-256 of what the reference gives out, also before it fails. */
  payload: string | undefined;
}

const NOTHING = createHash('sha256').digest('hex');

const ENDS_WITH_LAST_CHUNK =
  'the chunk at which a file ends is given out only as the last one that its writer made; the reference gives it out, then fails';
/** Where we do something else than the vectors say, and why. All of these fail here too, and give out less. */
const DEVIATIONS: Record<string, string> = {
  armor_garbage_encoded: ENDS_WITH_LAST_CHUNK,
  stream_no_final_full: ENDS_WITH_LAST_CHUNK,
  stream_no_final_two_chunks_full: ENDS_WITH_LAST_CHUNK,
  stream_trailing_garbage_long: ENDS_WITH_LAST_CHUNK,
  stream_trailing_garbage_short: ENDS_WITH_LAST_CHUNK,
  stream_two_final_chunks: ENDS_WITH_LAST_CHUNK,
  stream_two_final_chunks_full: ENDS_WITH_LAST_CHUNK,
  stream_two_final_chunks_second: ENDS_WITH_LAST_CHUNK,
};

/** What the Faults mean in the words of the vectors. */
const CODES: Record<string, readonly string[]> = {
  success: ['success'],
  'no match': ['no-key-fits'],
  'HMAC failure': ['ciphertext-damaged'],
  'header failure': ['ciphertext-damaged', 'header-too-costly'],
  'payload failure': ['ciphertext-damaged'],
  'armor failure': ['ciphertext-damaged'],
};

const vectors = Object.entries(published).map(([name, bytes]) => parse(name, Buffer.from(bytes)));

function parse(name: string, bytes: Buffer): Vector {
  const end = bytes.indexOf('\n\n');
  const facts = bytes
    .toString('latin1', 0, end)
    .split('\n')
    .map((line) => line.split(': ') as [string, string]);
  const all = (key: string) => facts.filter(([name]) => name === key).map(([, value]) => value);
  const [compressed] = all('compressed');
  if (compressed !== undefined && compressed !== 'zlib') throw new Error(`${name}: ${compressed}`);
  const file = bytes.subarray(end + 2);
  return {
    name,
    file: compressed ? inflateSync(file) : file,
    keys: [
      ...all('identity').map((identity) => ({ kind: 'age' as const, identity })),
      ...all('passphrase').map((passphrase) => ({ kind: 'passphrase' as const, passphrase })),
    ],
    armored: all('armored')[0] === 'yes',
    expect: all('expect')[0] ?? '',
    payload: all('payload')[0],
  };
}

async function decrypt(
  vector: Vector,
  input: ByteInput,
  output: ByteOutput,
  threads: number,
): Promise<string> {
  const format = await formatOf('age');
  try {
    await format.decrypt(input, output, vector.keys, { threads });
    return 'success';
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
}

function requireOutcome(vector: Vector, outcome: string): void {
  expect(CODES[vector.expect], vector.expect).toContain(outcome);
}

function requirePlaintext(vector: Vector, plaintext: Buffer): void {
  const digest = createHash('sha256').update(plaintext).digest('hex');
  if (vector.expect === 'success') expect(digest).toBe(vector.payload);
  else if (vector.payload === undefined) expect(digest).toBe(NOTHING);
  else if (DEVIATIONS[vector.name]) expect(digest).not.toBe(vector.payload);
  else expect(digest).toBe(vector.payload);
}

it('has all 143 vectors, and every deviation is one of them', () => {
  expect(vectors).toHaveLength(143);
  expect(vectors.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(DEVIATIONS)));
});

/** Bytes at each end of a long file that are given one at a time. */
const ENDS = 70_000;

/** The bytes one at a time; in the middle of a long file, where nothing but whole chunks passes, in odd pieces. */
async function* singleBytes(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  for (let at = 0, size = 1; at < bytes.length; at += size) {
    const middle = bytes.length > 8 * ENDS && at >= ENDS && at < bytes.length - ENDS;
    size = middle ? Math.min(64_999, bytes.length - ENDS - at) : 1;
    yield bytes.subarray(at, at + size);
  }
}

describe.each(vectors)('$name', (vector) => {
  it('whole, from a file to a file', async () => {
    const { output, bytes } = await outputOf('file');
    const outcome = await decrypt(vector, await fileOf(vector.file), output, 0);
    requireOutcome(vector, outcome);
    if (outcome === 'success') requirePlaintext(vector, bytes());
  });

  it('from a file to a stream', async () => {
    const { output, bytes } = await outputOf('stream');
    requireOutcome(vector, await decrypt(vector, await fileOf(vector.file), output, 0));
    if (vector.expect === 'success') requirePlaintext(vector, bytes());
  });

  it('streamed', async () => {
    const { output, bytes } = await outputOf('stream');
    requireOutcome(vector, await decrypt(vector, streamOf(vector.file), output, 0));
    requirePlaintext(vector, bytes());
  });

  it('streamed byte by byte', async () => {
    const { output, bytes } = await outputOf('stream');
    const input = { kind: 'stream', stream: singleBytes(vector.file) } as const;
    requireOutcome(vector, await decrypt(vector, input, output, 0));
    requirePlaintext(vector, bytes());
  });

  it.skipIf(vector.armored)('armored by the reference implementation', async () => {
    const armored = Buffer.from(armor.encode(vector.file));
    const { output, bytes } = await outputOf('stream');
    requireOutcome(vector, await decrypt(vector, streamOf(armored, 1000), output, 0));
    requirePlaintext(vector, bytes());
  });
});
