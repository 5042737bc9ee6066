import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { manifest, quietus, temporaryFolder } from './harness.js';

let script = '';

beforeAll(async () => {
  script = join(temporaryFolder(), 'quietus.bash');
  const { stdout, stderr, status } = await quietus(['completion', 'bash']);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  writeFileSync(script, stdout);
});

/** What bash offers after the words, the last of which is being typed. */
function offers(...words: string[]): string[] {
  const line = ['quietus', ...words].map((word) => `'${word}'`).join(' ');
  const program = `source '${script}'; COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _quietus; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-uc', program], { encoding: 'utf8' });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.split('\n').filter(Boolean);
}

describe('in bash', () => {
  test('the first word is a command or topic', () => {
    const first = Object.keys(manifest().commands).map((id) => id.split(':')[0] ?? '');
    expect(offers('').sort()).toEqual([...new Set([...first, 'help'])].sort());
    expect(offers('sched')).toEqual(['schedule']);
  });

  test('every command is reached word by word, and offers all its flags', () => {
    for (const { id, flags } of Object.values(manifest().commands)) {
      const words = id.split(':');
      for (const [index, word] of words.entries())
        expect(offers(...words.slice(0, index), word)).toContain(word);
      expect(offers(...words, '--').sort()).toEqual(
        [...Object.keys(flags).map((flag) => `--${flag}`), '--help'].sort(),
      );
    }
  });

  test('values come from the list of a flag or argument, and else are left to the names of files', () => {
    expect(offers('completion', '')).toEqual(['bash', 'zsh']);
    expect(offers('sweep', 'show', 'plan-1', '--decision', '')).toEqual([
      'dispose',
      'keep',
      'held',
      'defect',
    ]);
    expect(offers('schedule', 'check', '')).toEqual([]);
    expect(offers('schedule', 'check', '--workspace', '')).toEqual([]);
  });
});

test('the script for zsh names every command, and no special parameter of zsh is made local', async () => {
  const { stdout } = await quietus(['completion', 'zsh']);
  expect(stdout).toMatch(/^#compdef quietus\n/);
  for (const id of Object.keys(manifest().commands)) expect(stdout).toContain(`'${id.replaceAll(':', ' ')}'`);
  // In zsh `path` is tied to PATH, and `words` is what is being completed.
  const declared = [...stdout.matchAll(/^ *local(?: -a)? (.*)$/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/(?:^| )(\w+)(?:='[^']*'|="[^"]*")?/g)].map(([, name]) => name),
  );
  expect(declared).toEqual(['place', 'noun', 'previous', 'nouns', 'flags']);
});
