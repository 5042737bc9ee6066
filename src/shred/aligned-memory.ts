interface PagedMemory {
  readonly buffer: ArrayBuffer;
}

/** The part of the WebAssembly API that is used here; the `es2023` library does not declare it. */
interface WebAssemblyApi {
  Memory: new (descriptor: { initial: number }) => PagedMemory;
}

const WASM_PAGE = 65_536;

/**
 * Buffers that begin on a memory page, as reading past the page cache (O_DIRECT) needs. Plain Buffers do not;
 * the memory of a WebAssembly instance does. One memory serves all, because each reserves gigabytes of address space.
 * @param count how many
 * @param length of each in bytes, a multiple of 65,536
 * @returns undefined where WebAssembly is switched off
 */
export function alignedBuffers(count: number, length: number): Buffer[] | undefined {
  const scope: typeof globalThis & { WebAssembly?: WebAssemblyApi } = globalThis;
  const api = scope.WebAssembly;
  if (api === undefined) return undefined;
  const memory = new api.Memory({ initial: (count * length) / WASM_PAGE });
  return Array.from({ length: count }, (_, at) => Buffer.from(memory.buffer, at * length, length));
}
