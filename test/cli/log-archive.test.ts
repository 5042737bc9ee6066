import { appendFileSync, chownSync, lstatSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commonFolder, commonProgram, letIn, NO_ACCOUNTS, owner, type Person } from './accounts.js';
import type { Outcome } from './harness.js';
import { writeShiftedClock } from './shifted-clock.js';

const DAY = 86_400_000;

/** Runs a command as if it were the tenth day of the next year. */
async function nextYear(person: Person, ...args: string[]): Promise<Outcome> {
  const days = Math.ceil((Date.UTC(new Date().getUTCFullYear() + 1, 0, 10) - Date.now()) / DAY);
  const shift = join(person.folder, `shift-${person.uid}.cjs`);
  writeShiftedClock(shift, days);
  const { node, folder } = commonProgram();
  return await person.run([node, '--require', shift, join(folder, 'bin', 'quietus.js')], args);
}

/** Ann's archiving ends after its file was written and before the database knows of it; a part of a file is left too. */
async function leftByAnn(): Promise<{ bob: Person; segments: string; file: string }> {
  const ann = await owner(commonFolder());
  const bob = await letIn('bob', 4702, { registrar: ann, confirmer: ann });
  const cut = await nextYear(ann, 'log', 'archive', '--copy', join(ann.folder, 'nowhere'));
  expect([cut.status, cut.stderr]).toEqual([2, expect.stringContaining('could not be copied')]);
  const segments = join(ann.folder, 'workspace', 'segments');
  const file = join(segments, readdirSync(segments).find((name) => name.endsWith('.jsonl.gz')) ?? 'none');
  expect(lstatSync(file).uid).toBe(ann.uid);
  const part = join(segments, '.log-000000000001-000000000002.jsonl.gz.0a1b2c3d.tmp');
  writeFileSync(part, 'part');
  chownSync(part, ann.uid, ann.gid);
  return { bob, segments, file };
}

describe.skipIf(NO_ACCOUNTS !== undefined)(
  'what the archiving of one member left when it was cut off',
  () => {
    it('stops no other one where it is the same', async () => {
      const { bob } = await leftByAnn();
      const { status, stderr } = await nextYear(bob, 'log', 'archive');
      expect(`${status} ${stderr}`).toMatch(/^0 /);
      expect((await nextYear(bob, 'log', 'verify')).status).toBe(0);
    });

    it('stops another one where it is not, and says whose it is and what to do', async () => {
      const { bob, file } = await leftByAnn();
      appendFileSync(file, 'more');
      const { status, stderr } = await nextYear(bob, 'log', 'archive');
      expect(status).toBe(4);
      expect(stderr.replaceAll(/\s+/g, ' ')).toContain("Another account's log archive was cut off");
      expect((await nextYear(bob, 'log', 'verify')).status).toBe(0);
    });
  },
);
