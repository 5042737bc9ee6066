import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

/** Debian's golang-golang-x-mod-dev. */
const LIBRARIES = '/usr/share/gocode';

let program: string | undefined;

/** Whether Go and the libraries of its checksum database are here. In CI their absence is a failure. */
export function hasGo(): boolean {
  const found =
    existsSync(join(LIBRARIES, 'src/golang.org/x/mod/sumdb/tlog')) &&
    spawnSync('go', ['version']).status === 0;
  if (!found && process.env.CI === 'true') throw new Error('Go or golang-golang-x-mod-dev is missing');
  return found;
}

/** Runs the checker, which is compiled once. @returns what it prints: `ok …` or `refused: …` */
export function goCheck(...args: readonly string[]): string {
  program ??= compile();
  return spawnSync(program, args, { encoding: 'utf8' }).stdout.trim();
}

function compile(): string {
  const folder = mkdtempSync(join(inject('lasting'), 'go-'));
  const checker = join(folder, 'checker');
  execFileSync('go', ['build', '-o', checker, '.'], {
    cwd: join(import.meta.dirname, 'go-checker'),
    env: { HOME: folder, ...process.env, GO111MODULE: 'off', GOPATH: LIBRARIES, GOFLAGS: '' },
  });
  return checker;
}
