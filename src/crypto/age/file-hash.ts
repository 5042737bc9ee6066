import type { Hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readAll } from './segment.js';

/** Read at once: little enough to be still in the processor's cache when it is hashed. */
const PIECE_BYTES = 256 * 1024;
/** Pieces between two turns of everybody else. */
const PIECES_A_TURN = 4;

/**
 * Hashes a file from its start in the calling thread.
 *
 * @throws what reading throws, and the reason of the signal
 */
export async function hashFile(fd: number, hash: Hash, signal?: AbortSignal): Promise<void> {
  const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  for (let position = 0, read = PIECE_BYTES; read === PIECE_BYTES; position += read) {
    if (position % (PIECES_A_TURN * PIECE_BYTES) === 0) {
      await nextTurn();
      signal?.throwIfAborted();
    }
    read = readAll(fd, piece, position);
    hash.update(piece.subarray(0, read));
  }
}
