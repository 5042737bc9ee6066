import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineConfig, type Plugin } from 'vitest/config';
import { buildAssembly, buildWorkers } from './scripts/build.mjs';

// Every start of node would read the certificates of these authorities first (90 ms), and no test talks to anybody outside.
delete process.env.NODE_EXTRA_CA_CERTS;

/** Threads and WebAssembly cannot run TypeScript: they get what the build would make of the sources as they are. */
function built(): Plugin {
  // Below node_modules, where they find packages. Never that of another run: where process numbers repeat, in containers
  // and in copies of the working tree, one run would take away what the threads of the other are about to load.
  const cache = join(import.meta.dirname, 'node_modules', '.cache', 'quietus-workers');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'run-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  let making: Promise<unknown> | undefined;
  return {
    name: 'quietus-workers',
    // Before the types are taken away: what comes out of that is written otherwise, and would not be found.
    enforce: 'pre',
    async transform(code) {
      if (!code.includes('#workers/') && !code.includes('#wasm/')) return;
      making ??= Promise.all([buildWorkers(folder), buildAssembly(folder)]);
      await making;
      const changed = code.replace(
        // Whatever has transformed it before may have changed the quotes.
        /import\.meta\.resolve\((['"])#(workers|wasm)\/([a-z-]+)\1\)/g,
        (_, _quote, kind, name) =>
          `'${pathToFileURL(join(folder, `${name}.${kind === 'wasm' ? 'wasm' : 'js'}`)).href}'`,
      );
      // It would run the last build instead, as long as there is one.
      if (changed.includes('#workers/') || changed.includes('#wasm/'))
        throw new Error('A module asks for a thread or for WebAssembly in a way that is not known');
      return changed;
    },
  };
}

export default defineConfig({
  plugins: [built()],
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    disableConsoleIntercept: true,
    globalSetup: ['test/cli/program.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // One process runs many files: to load all of the sources again for each takes longer than most of them.
    isolate: false,
  },
});
