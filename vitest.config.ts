import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineConfig, type Plugin } from 'vitest/config';
import { buildWorkers } from './scripts/build.mjs';

/** Threads cannot run TypeScript: they get what the build would make of the sources as they are. */
function workers(): Plugin {
  const folder = join(import.meta.dirname, 'node_modules', '.cache', 'quietus-workers', String(process.pid));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  let built: Promise<void> | undefined;
  return {
    name: 'quietus-workers',
    // Before the types are taken away: what comes out of that is written otherwise, and would not be found.
    enforce: 'pre',
    async transform(code) {
      if (!code.includes("import.meta.resolve('#workers/")) return;
      built ??= buildWorkers(folder);
      await built;
      return code.replace(
        /import\.meta\.resolve\('#workers\/([a-z-]+)'\)/g,
        (_, name) => `'${pathToFileURL(join(folder, `${name}.js`)).href}'`,
      );
    },
  };
}

export default defineConfig({
  plugins: [workers()],
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    disableConsoleIntercept: true,
    globalSetup: ['test/cli/program.ts'],
    pool: 'forks',
    maxWorkers: 2,
  },
});
