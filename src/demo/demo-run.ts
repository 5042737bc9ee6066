import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { badInput, ExitCode } from '../model/index.js';
import { dateIn } from '../workspace/index.js';
import { writeCompanyRecords } from './company-records.js';
import { DEMO_SCHEDULE } from './demo-schedule.js';
import { DemoStage } from './demo-stage.js';
import { inventoryCsv } from './inventory-rows.js';

const TIME_ZONE = 'America/New_York';

export interface DemoOptions {
  /** Path of the program, to run its commands as a user would. */
  program: string;
  /** Folder that keeps the whole workspace; a throwaway one where it is not given. */
  keep: string | undefined;
  /** Folder that gets copies of the documents worth opening. */
  to: string | undefined;
  signal: AbortSignal;
  /** Receives everything that is to be shown. */
  print: (text: string) => void;
}

export interface DemoResult {
  /** Commands with the exit code that each ended with. */
  steps: { command: string; exitCode: number }[];
  files: number;
  items: number;
  plan: string;
  certificates: string[];
  /** Files worth opening that are still there when the demo ends. */
  worthOpening: string[];
}

/**
 * Plays the main job through in a workspace of its own, with the same commands that a user types: inventory,
 * schedule, hold, plan, approval, run, certificate, log.
 *
 * @throws Fault `demo-folder-not-empty`; a plain error where a command does not end as it must
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const kept = options.keep === undefined ? undefined : await emptyFolder(options.keep, '--keep');
  const documents = options.to === undefined ? undefined : await emptyFolder(options.to, '--to');
  const root = kept ?? (await mkdtemp(join(tmpdir(), 'quietus-demo-')));
  try {
    return await play(root, kept, documents, options);
  } finally {
    if (kept === undefined) await rm(root, { recursive: true, force: true });
  }
}

async function emptyFolder(path: string, flag: string): Promise<string> {
  const folder = resolve(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length === 0) return folder;
  throw badInput('demo-folder-not-empty', `The folder of ${flag} is not empty: ${folder}`, {
    hint: 'Name a new folder',
  });
}

async function play(
  root: string,
  kept: string | undefined,
  documents: string | undefined,
  options: DemoOptions,
): Promise<DemoResult> {
  const year = new Date().getUTCFullYear();
  const records = await writeCompanyRecords(join(root, 'records'), year);
  await writeFile(join(root, 'inventory.csv'), inventoryCsv(records.rows), { mode: 0o600 });
  await writeFile(join(root, 'schedule.yaml'), DEMO_SCHEDULE, { mode: 0o600 });
  options.print(`A company with ${records.files} files, a box of paper and a USB stick, in ${root}`);
  const stage = new DemoStage({
    program: options.program,
    root,
    signal: options.signal,
    print: options.print,
  });
  await prepareWorkspace(stage, year);
  const plan = await planAndApprove(stage);
  const certificates = await disposeAndProve(stage, plan);
  await copyDocuments(stage.workspace, documents);
  return {
    steps: stage.steps,
    files: records.files,
    items: records.rows.length,
    plan,
    certificates,
    worthOpening: worthOpening(kept, documents, certificates),
  };
}

async function prepareWorkspace(stage: DemoStage, year: number): Promise<void> {
  await stage.run('Make a workspace with its first operator', [
    'init',
    'workspace',
    ...['--organization', 'Harbor Lantern Cooperative', '--time-zone', TIME_ZONE],
    ...['--operator', 'demo', '--operator-name', 'Demo Operator', '--unattended', '--no-input'],
  ]);
  await stage.run('Check the retention schedule', ['schedule', 'check', 'schedule.yaml']);
  await stage.run('Put it in force', ['schedule', 'import', 'schedule.yaml']);
  await stage.run('Say what is held, and where', ['inventory', 'import', 'inventory.csv']);
  await stage.run('A lawsuit: nothing of these people may go', [
    ...['hold', 'place', '--matter', 'Doe v. Harbor Lantern'],
    ...['--item', 'I9-EMP-1001', '--item', 'I9-EMP-1004', '--location', `./records/payroll/${year - 7}`],
  ]);
}

/** @returns the id of the approved plan */
async function planAndApprove(stage: DemoStage): Promise<string> {
  await stage.run(
    'Decide what is due. The workspace refuses: it is more than 20 % of a record class',
    ['sweep', 'plan'],
    [ExitCode.refused],
  );
  await stage.run('Look, and allow that many', ['sweep', 'plan', '--limit', '500']);
  const { plans } = (await stage.ask(['sweep', 'list'])) as { plans: { plan: string }[] };
  const plan = plans.at(-1)?.plan ?? '';
  await stage.run('Approve it: a signature over the digest of the plan', [
    'sweep',
    'approve',
    plan,
    '--confirm',
    plan,
  ]);
  return plan;
}

/** @returns the numbers of the certificates */
async function disposeAndProve(stage: DemoStage, plan: string): Promise<string[]> {
  const today = dateIn(TIME_ZONE, new Date());
  await stage.run(
    'Run it: overwrite, read back, remove. Paper and stick are left for a person (exit code 6)',
    ['sweep', 'run', plan, '--confirm', plan, '--accept-residual'],
    // 3 where the file system of this machine may keep copies of what is overwritten.
    [ExitCode.waiting, ExitCode.partial],
  );
  await stage.run('The box went to the shredder', [
    ...['dispose', 'record', 'BOX-0001', '--plan', plan, '--method', 'shredded'],
    ...['--by', 'A. Clerk', '--witness', 'B. Manager', '--on', today],
    ...['--confirm', 'BOX-0001'],
  ]);
  const { certificates } = (await stage.ask(['certificate', 'list'])) as {
    certificates: { number: string }[];
  };
  const numbers = certificates.map(({ number }) => number);
  for (const number of numbers) await stage.run('Check the certificate', ['certificate', 'verify', number]);
  await stage.run('Check the log, from its first entry to its last', ['log', 'verify']);
  return numbers;
}

async function copyDocuments(workspace: string, documents: string | undefined): Promise<void> {
  if (documents === undefined) return;
  await cp(join(workspace, 'certificates'), documents, { recursive: true });
}

function worthOpening(
  kept: string | undefined,
  documents: string | undefined,
  numbers: readonly string[],
): string[] {
  const folder = documents ?? (kept && join(kept, 'workspace', 'certificates'));
  if (folder === undefined) return [];
  const files = numbers.flatMap((number) => [`certificate-${number}.pdf`, `certificate-${number}.json`]);
  return files.map((file) => join(folder, file));
}
