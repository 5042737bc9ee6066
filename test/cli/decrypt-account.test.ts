import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commonFolder, NO_ACCOUNTS, Person } from './accounts.js';
import { ageKeygen } from './encryption-desk.js';

it.skipIf(NO_ACCOUNTS !== undefined)(
  `an account that is not root extracts files that their owner may not read${NO_ACCOUNTS ? `: skipped, ${NO_ACCOUNTS}` : ''}`,
  async () => {
    const folder = commonFolder();
    const ann = new Person(4701, folder);
    const { file: key, recipient } = ageKeygen(folder);
    chownSync(key, ann.uid, ann.gid);
    mkdirSync(join(folder, 'secret'));
    for (const [name, mode] of [
      ['nobody', 0o000],
      ['written', 0o200],
      ['usual', 0o640],
    ] as const)
      writeFileSync(join(folder, 'secret', name), name, { mode });
    const tar = execFileSync('tar', ['-C', folder, '-cf', '-', 'secret']);
    execFileSync('age', ['-r', recipient, '-o', join(folder, 'secret.tar.age')], { input: tar });

    const outcome = await ann.quietus('decrypt', 'secret.tar.age', '-i', key, '--unpack', '-o', 'out');
    expect(outcome.status, outcome.stderr).toBe(0);
    for (const [name, mode] of [
      ['nobody', 0o000],
      ['written', 0o200],
      ['usual', 0o640],
    ] as const) {
      const path = join(folder, 'out', 'secret', name);
      expect(statSync(path)).toMatchObject({ uid: ann.uid });
      expect(statSync(path).mode & 0o777, name).toBe(mode);
      expect(readFileSync(path, 'utf8')).toBe(name);
    }
  },
);
