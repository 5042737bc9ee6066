import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';
import { programFolder } from './cli/harness.js';

const compiled = new Map<string, Promise<string>>();

/**
 * Compiles a TypeScript program of the tests, so that it runs as a process of its own on every Node.
 *
 * @param source path below test/
 * @returns path of the compiled file, in the folder of the program so that its packages and threads are found
 */
export function compileProgram(source: string): Promise<string> {
  const path = compiled.get(source) ?? compile(source);
  compiled.set(source, path);
  return path;
}

async function compile(source: string): Promise<string> {
  const name = `${source.replaceAll('/', '-').replace(/\.ts$/, '')}.mjs`;
  // Never that of another process of this run, which may be starting it.
  const outfile = join(programFolder(), 'tests', String(process.pid), name);
  await build({
    entryPoints: [join(import.meta.dirname, source)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
  return outfile;
}

/** A running child process of a test; killed with the test where it still runs. */
export interface Child {
  process: ChildProcess;
  /** Resolves with the first line of stdout that matches; rejects when the process ends without one. */
  line(pattern: RegExp): Promise<string>;
  /** Resolves when the process has ended. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>;
  kill(): Promise<void>;
}

export function startProgram(program: string, parameters: readonly string[] = []): Child {
  const child = spawn(process.execPath, [program, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended: Child['ended'] = new Promise((done) => {
    child.on('close', (code, signal) => done({ code, signal, stdout, stderr }));
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return {
    process: child,
    ended,
    line: (pattern) =>
      new Promise((done, fail) => {
        const look = () => {
          const found = stdout.split('\n').find((text) => pattern.test(text));
          if (found !== undefined) done(found);
        };
        child.stdout.on('data', look);
        child.on('close', () => {
          look();
          fail(new Error(`The program ended without the line ${pattern}: ${stdout}${stderr}`));
        });
        look();
      }),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
