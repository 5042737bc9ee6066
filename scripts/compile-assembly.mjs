// Compiles AssemblyScript to WebAssembly. That takes seconds, so what was made of the same sources is kept.
import { createHash, randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const cache = join(root, 'node_modules', '.cache', 'quietus-wasm');
/** Without a garbage collector: nothing is allocated while the program runs. */
const OPTIONS = ['--runtime', 'stub', '--noAssert', '-O3', '--enable', 'simd', '--use', 'abort='];

/**
 * @param {string} entry of the program; what it imports lies in the same folder
 * @param {string} folder where the `.wasm` of the same name goes
 */
export async function compileAssembly(entry, folder) {
  const name = `${basename(entry, '.ts')}.wasm`;
  const kept = join(cache, `${digestOf(entry)}-${name}`);
  if (statSync(kept, { throwIfNoEntry: false }) === undefined) await compile(entry, kept);
  mkdirSync(folder, { recursive: true });
  copyFileSync(kept, join(folder, name));
}

async function compile(entry, kept) {
  // Loaded only here: it is large.
  const { default: asc } = await import('assemblyscript/asc');
  mkdirSync(cache, { recursive: true });
  const temporary = join(cache, `${randomUUID()}.wasm`);
  const path = (file) => relative(root, file);
  const words = [path(entry), '--baseDir', root, '--outFile', path(temporary), ...OPTIONS];
  const { error } = await asc.main(words, { stderr: process.stderr });
  if (error) throw new Error(`${path(entry)} cannot be compiled`, { cause: error });
  renameSync(temporary, kept);
}

function digestOf(entry) {
  const folder = dirname(entry);
  const require = createRequire(import.meta.url);
  const { version } = require('assemblyscript/package.json');
  const hash = createHash('sha256').update(JSON.stringify([version, OPTIONS]));
  for (const file of readdirSync(folder).toSorted())
    hash.update(`${file}\n`).update(readFileSync(join(folder, file)));
  return hash.digest('hex');
}
