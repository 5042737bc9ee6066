import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { commonFolder, commonProgram, GROUP, letIn, NO_ACCOUNTS, owner } from './accounts.js';
import { ageKeygen, sha256sum } from './encryption-desk.js';
import { environment } from './harness.js';

describe.skipIf(NO_ACCOUNTS !== undefined)(
  `transfers of several operators${NO_ACCOUNTS ? `: skipped, ${NO_ACCOUNTS}` : ''}`,
  { timeout: 120_000 },
  () => {
    it('what a killed one of a colleague left is the colleague’s to take away', async () => {
      const folder = commonFolder();
      const workspace = join(folder, 'workspace');
      const ann = await owner(folder);
      const bob = await letIn('bob', 4702, { registrar: ann, confirmer: ann });
      const { recipient } = ageKeygen(folder);
      await ann.json('recipient', 'add', 'acme', '--age', recipient);
      await ann.json('recipient', 'confirm', 'acme', '--fingerprint', sha256sum(recipient));
      writeFileSync(join(folder, 'note'), 'note');
      const closed = join(folder, 'of-ann');
      mkdirSync(closed, { mode: 0o700 });
      chownSync(closed, ann.uid, GROUP);
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', ['-m', '0666', pipe]);

      const { node, folder: program } = commonProgram();
      const command = [
        'encrypt',
        pipe,
        '--to',
        'acme',
        '-o',
        join(closed, 'x.age'),
        '--workspace',
        workspace,
      ];
      const running = spawn(node, [join(program, 'bin', 'quietus.js'), ...command], {
        cwd: folder,
        env: environment({ HOME: folder }),
        ...{ uid: ann.uid, gid: GROUP },
        stdio: 'ignore',
      });
      const end = openSync(pipe, 'r+');
      writeSync(end, Buffer.alloc(60_000));
      while (readdirSync(closed).length === 0) await delay(20);
      running.kill('SIGKILL');
      await once(running, 'exit');

      const encrypt = (output: string) => [
        'encrypt',
        'note',
        '--to',
        'acme',
        '-o',
        output,
        '--sheet',
        'none',
      ];
      expect(await bob.json(...encrypt('bob.age'))).toMatchObject({ ended_transfers: [] });
      expect(readdirSync(closed)).toHaveLength(1);
      const { ended_transfers: ended } = await ann.json(...encrypt('ann.age'));
      expect(ended).toHaveLength(1);
      expect(readdirSync(closed)).toEqual([]);
    });
  },
);
