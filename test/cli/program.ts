import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the program that was built for this run; empty when it could not be built. */
    program: string;
    /** Why it could not be built. */
    buildFailure: string;
    /** Folder for what is used by more than one test; removed when the run ends. Any account may go through it. */
    lasting: string;
  }
}

/**
 * Builds the program once for a whole run of the tests, from the sources as they are, in a folder of its own.
 * When that fails, only the tests that start the program fail.
 */
export default async function buildOnce(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'quietus-program-'));
  const lasting = mkdtempSync(join(tmpdir(), 'quietus-lasting-'));
  chmodSync(lasting, 0o711);
  project.provide('lasting', lasting);
  try {
    const { buildEntry, buildProgram } = await import('../../scripts/build.mjs');
    await buildProgram(folder);
    await buildEntry('test/cli/probe-program.ts', join(folder, 'dist', 'probe'));
    project.provide('program', folder);
    project.provide('buildFailure', '');
  } catch (error) {
    project.provide('program', '');
    project.provide('buildFailure', String(error));
  }
  return () => {
    for (const place of [folder, lasting]) rmSync(place, { recursive: true, force: true });
  };
}
