/** The part of the WebAssembly API that is used here; the `es2023` library does not declare it. */
interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => CompiledModule;
  Instance: new (module: CompiledModule) => { exports: unknown };
}

/** Can be handed to other threads. */
export type CompiledModule = object;

/** @returns undefined where WebAssembly is switched off */
export function webAssembly(): WebAssemblyApi | undefined {
  const scope: typeof globalThis & { WebAssembly?: WebAssemblyApi } = globalThis;
  return scope.WebAssembly;
}

/** What `assembly/pack-check.ts` exports; places are those of bytes in its memory. */
interface PackExports {
  memory: { buffer: ArrayBuffer };
  inputFor(length: number, workspace: number): number;
  check(length: number, first: number, count: number, workspace: number, tolerance: number): number;
  hashAt(level: number, position: number): number;
  /** Zeros that the module wants between the stretch and the workspace. */
  beyond: { value: number };
}

type PlaceName = 'prevAt' | 'headAt' | 'minTimeAt' | 'maxTimeAt' | 'firstTimeAt' | 'lastTimeAt';
type ListName = 'setBack' | 'special';
type Exports = PackExports & Record<PlaceName | ListName | `${ListName}At`, { value: number }>;

const HASH_BYTES = 32;
const HEX_BYTES = 64;
const TIME_BYTES = 24;
/** An entry that the module leaves for its caller to look at. */
export interface SpecialEntry {
  bytes: Buffer;
  /** Whether it has bytes that are not ASCII, and may not be UTF-8. */
  isWide: boolean;
  /** Whether it tells of keys, checkpoints or certificates. */
  isNotable: boolean;
}

/** The compiled part of `log verify` with its memory. */
export class PackModule {
  readonly #exports: Exports;

  private constructor(exports: unknown) {
    this.#exports = exports as Exports;
  }

  /** @param compiled as `compiledPackCheck` gives it @returns null where there is none */
  static from(compiled: CompiledModule | null): PackModule | null {
    const api = webAssembly();
    return api && compiled ? new PackModule(new api.Instance(compiled).exports) : null;
  }

  /** @returns whether a stretch is good; what it says of itself can be asked until the next */
  check(
    bytes: Uint8Array,
    options: { first: number; count: number; workspace: string; tolerance: number },
  ): boolean {
    const { first, count, tolerance } = options;
    const workspace = Buffer.from(options.workspace, 'utf8');
    const at = this.#exports.inputFor(bytes.length, workspace.length);
    if (at === 0) throw new RangeError('There is no memory for this stretch of the log');
    const memory = this.#memory();
    memory.set(bytes, at);
    memory.set(workspace, at + bytes.length + this.#exports.beyond.value);
    return this.#exports.check(bytes.length, first, count, workspace.length, tolerance) === 1;
  }

  hex(name: 'prevAt' | 'headAt'): string {
    return this.#text(this.#exports[name].value, HEX_BYTES);
  }

  time(name: 'minTimeAt' | 'maxTimeAt' | 'firstTimeAt' | 'lastTimeAt'): string {
    return this.#text(this.#exports[name].value, TIME_BYTES);
  }

  /** Places, from 0, of entries whose time is before that of the entry before, at most 100. */
  setBack(): number[] {
    return this.#list('setBack', 1).map(([index = 0]) => index);
  }

  special(): SpecialEntry[] {
    const memory = this.#memory();
    return this.#list('special', 3).map(([start = 0, end = 0, why = 0]) => ({
      bytes: memory.subarray(start, end),
      isWide: (why & 1) !== 0,
      isNotable: (why & 2) !== 0,
    }));
  }

  /** Hash of a complete subtree of 2^level leaves, in memory that is used again for the next stretch. */
  hash(level: number, position: number): Buffer {
    const at = this.#exports.hashAt(level, position);
    return this.#memory().subarray(at, at + HASH_BYTES);
  }

  #list(name: ListName, numbers: number): number[][] {
    const count = this.#exports[name].value;
    const at = this.#exports[`${name}At`].value;
    const view = new DataView(this.#exports.memory.buffer, at, count * numbers * 4);
    return Array.from({ length: count }, (_, row) =>
      Array.from({ length: numbers }, (_each, place) => view.getUint32((row * numbers + place) * 4, true)),
    );
  }

  #text(at: number, length: number): string {
    return this.#memory().toString('latin1', at, at + length);
  }

  /** Anew each time: where memory grows, what was there before is gone. */
  #memory(): Buffer {
    return Buffer.from(this.#exports.memory.buffer);
  }
}
