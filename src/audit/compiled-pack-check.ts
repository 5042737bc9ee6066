import { readFileSync } from 'node:fs';
import { type CompiledModule, webAssembly } from './pack-module.js';

/**
 * The program that the build has made of `assembly/pack-check.ts`; threads are given it as it is.
 *
 * @returns null where WebAssembly is switched off, the processor lacks what it needs, or the sources run without a build;
 *   entries are then looked at one by one
 */
export function compiledPackCheck(): CompiledModule | null {
  const api = webAssembly();
  if (api === undefined) return null;
  try {
    return new api.Module(readFileSync(new URL(import.meta.resolve('#wasm/pack-check'))));
  } catch {
    return null;
  }
}
