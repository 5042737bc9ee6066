import { readFileSync } from 'node:fs';
import { type CompiledModule, webAssembly } from './pack-module.js';

/**
 * The program that the build has made of `assembly/pack-check.ts`; threads are given it as it is.
 *
 * @returns null where WebAssembly is switched off, or the sources run without a build; entries are then looked at one by one
 */
export function compiledPackCheck(): CompiledModule | null {
  const api = webAssembly();
  const file = api && builtFile();
  return api && file ? new api.Module(readFileSync(file)) : null;
}

function builtFile(): URL | null {
  try {
    return new URL(import.meta.resolve('#wasm/pack-check'));
  } catch {
    return null;
  }
}
