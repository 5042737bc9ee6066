import { alignedBuffers } from './aligned-memory.js';
import type { BufferLoan } from './file-overwrite.js';
import { CHUNK } from './overwrite-method.js';

/** From this size on a file gets several buffers, so that several transfers are under way. */
const LARGE = 8 * CHUNK;
const LARGE_BUFFERS = 6;

/** Kept for the next batch: each WebAssembly memory reserves gigabytes of address space until it is collected. */
let spare: Buffer[] | undefined;

function newBuffers(count: number): Buffer[] {
  return alignedBuffers(count, CHUNK) ?? Array.from({ length: count }, () => Buffer.allocUnsafeSlow(CHUNK));
}

/** One buffer for each lane, and some that one large file at a time has for itself. */
class TransferBuffers {
  readonly #lanes: Buffer[];
  readonly #large: Buffer[];
  #turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly all: Buffer[],
    lanes: number,
  ) {
    this.#lanes = all.slice(0, lanes);
    this.#large = all.slice(lanes);
  }

  /** Waits for its turn where the file is a large one: two at a time would only make the disk seek. */
  lend(lane: number, size: number): BufferLoan | Promise<BufferLoan> {
    if (size < LARGE) {
      const own = this.#lanes[lane];
      if (own === undefined) throw new RangeError('there is no such lane');
      return { buffers: [own], giveBack: () => undefined };
    }
    return this.#lendLarge();
  }

  async #lendLarge(): Promise<BufferLoan> {
    const before = this.#turn;
    let giveBack = (): void => undefined;
    this.#turn = new Promise((resolve) => {
      giveBack = resolve;
    });
    await before;
    return { buffers: this.#large, giveBack };
  }

  /** Nobody may use them any more. */
  release(): void {
    spare = this.all;
  }
}

/** Buffers for one phase; give them back with `release`. */
export function takeTransferBuffers(lanes: number): TransferBuffers {
  const all = spare?.length === lanes + LARGE_BUFFERS ? spare : newBuffers(lanes + LARGE_BUFFERS);
  spare = undefined;
  return new TransferBuffers(all, lanes);
}
