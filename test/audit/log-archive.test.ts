import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  archiveLog,
  closedYears,
  exportLog,
  type LogEvent,
  listLog,
  proveEntry,
  rotateLogKey,
  verifyWorkspaceLog,
} from '../../src/audit/index.js';
import { createWorkspace, openSession, type Session } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { compileProgram } from '../child-program.js';
import { workspaceRequest } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';

/** A clock that a test moves. */
class MovedClock {
  constructor(public at: string) {}
  now = () => new Date(this.at);
}

interface World {
  root: string;
  session: Session;
  clock: MovedClock;
  /** What the log was before anything was archived. */
  before: string[];
}

/** Entries of 2024, 2025 and 2026, by the time zone of New York; two of 2025 are of 2026 in UTC. */
async function makeWorld(perYear = 300): Promise<World> {
  const clock = new MovedClock('2024-06-01T12:00:00.000Z');
  const root = join(temporaryFolder(), 'workspace');
  await createWorkspace(workspaceRequest(root, { clock }));
  const session = await openSession({ paths: workspacePaths(root), command: 'test', clock });
  onTestFinished(() => session.close());
  await append(session, perYear);
  clock.at = '2025-03-01T12:00:00.000Z';
  await append(session, perYear);
  await rotateLogKey(session);
  clock.at = '2026-01-01T04:59:59.000Z';
  await append(session, 2);
  clock.at = '2026-01-01T05:00:00.000Z';
  await append(session, perYear);
  return { root, session, clock, before: await texts(session) };
}

/** Another command on the same workspace, after the one before has ended. */
async function next(world: Pick<World, 'root' | 'session' | 'clock'>): Promise<Session> {
  await world.session.close();
  const session = await openSession({
    paths: workspacePaths(world.root),
    command: 'test',
    clock: world.clock,
  });
  onTestFinished(() => session.close());
  return session;
}

async function append(session: Session, count: number): Promise<void> {
  const events = Array.from(
    { length: count },
    (_, at): LogEvent => ({
      action: 'test.test',
      outcome: 'done',
      subject: { item: `I-${at}` },
      data: { text: 'é"\n' },
    }),
  );
  await session.store.transaction((transaction) => session.recorder.appendAll(transaction, events));
}

async function texts(session: Session): Promise<string[]> {
  return (await session.store.log.page(0, 100_000)).map(({ entry }) => entry);
}

function sql(root: string, statements: string): string {
  return execFileSync('sqlite3', [join(root, 'quietus.db')], { input: `.timeout 5000\n${statements};` })
    .toString()
    .trim();
}

const segments = (root: string) => readdirSync(join(root, 'segments')).toSorted();

describe('years of the log that are over', () => {
  it('go into files, by the time zone of the organization, and every entry is read as before', async () => {
    const { root, session, before } = await makeWorld();
    const years = await closedYears(session);
    expect(years.map(({ year }) => year)).toEqual([2024, 2025]);
    const ends = years.map(({ last }) => JSON.parse(before[last - 1] ?? '') as { time: string });
    expect(ends.map(({ time }) => time)).toEqual(['2024-06-01T12:00:00.000Z', '2026-01-01T04:59:59.000Z']);

    const archived = await archiveLog(session);
    expect(archived.map(({ year, first, last }) => ({ year, first, last }))).toEqual(years);
    expect(await archiveLog(session)).toEqual([]);
    expect((await texts(session)).slice(0, before.length)).toEqual(before);
    const end = years[1]?.last ?? 0;
    expect(sql(root, `select count(*) from log_entries where seq <= ${end} and entry <> ''`)).toBe('0');
    expect(sql(root, `select count(*) from log_entries where seq > ${end} and entry = ''`)).toBe('0');
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: null, entries: before.length + 2 });
    for (const name of segments(root))
      expect(statSync(join(root, 'segments', name)).mode & 0o777).toBe(0o600);
  });

  it('are what gzip and sha256sum say they are, and their manifests are signed', async () => {
    const { root, session, before } = await makeWorld();
    const [first, second] = await archiveLog(session);
    for (const each of [first, second]) {
      const path = join(root, 'segments', each?.file ?? '');
      const lines = execFileSync('zcat', [path]).toString();
      expect(lines).toBe(
        before
          .slice((each?.first ?? 0) - 1, each?.last)
          .map((entry) => `${entry}\n`)
          .join(''),
      );
      const sum = execFileSync('sha256sum', [path]).toString().slice(0, 64);
      expect(each?.sha256).toBe(sum);
      const manifest = readFileSync(path.replace('.jsonl.gz', '.manifest'), 'utf8');
      expect(manifest).toContain(`file ${each?.file} ${each?.bytes} ${sum}\n`);
      expect(manifest).toContain(`content ${createHash('sha256').update(lines).digest('hex')}\n`);
      expect(opensslVerifies(manifest, root)).toBe(true);
      expect(
        opensslVerifies(manifest.replace('entries 1 ', 'entries 2 ').replace('head ', 'tail '), root),
      ).toBe(false);
    }
  });

  it('are found by what entries are about, proved and exported as before', async () => {
    const { session, before } = await makeWorld();
    const proof = await proveEntry(session.store, 7);
    await archiveLog(session);
    expect(await proveEntry(session.store, 7)).toMatchObject({ entry: before[6], hash: proof.hash });
    const query = {
      filter: { subject: { kind: 'item', id: 'I-5' } },
      after: undefined,
      limit: 2,
      oldestFirst: true,
    };
    const page = await listLog(session.store, query);
    expect(page.lines).toHaveLength(2);
    const rest = await listLog(session.store, { ...query, after: page.next ?? 0 });
    expect(rest.lines).toHaveLength(1);
    const newest = await listLog(session.store, { ...query, oldestFirst: false, limit: 5 });
    expect(newest.lines.map(({ entry }) => entry.seq)).toEqual(
      [...page.lines, ...rest.lines].map(({ entry }) => entry.seq).toReversed(),
    );
    const folder = join(temporaryFolder(), 'export');
    await exportLog(session, folder);
    expect(readFileSync(join(folder, 'log.jsonl'), 'utf8').split('\n').slice(0, before.length)).toEqual(
      before,
    );
  });

  it('are archived later where somebody names an earlier one, and never while they last', async () => {
    const { session, clock } = await makeWorld(5);
    await expect(archiveLog(session, { through: 2026 })).rejects.toMatchObject({
      code: 'year-open',
      exitCode: 2,
    });
    expect(await archiveLog(session, { through: 2024 })).toHaveLength(1);
    expect(await archiveLog(session)).toHaveLength(1);
    clock.at = '2027-01-01T05:00:00.000Z';
    expect(await archiveLog(session)).toHaveLength(1);
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: null });
  });

  it('stay where they are when the log is broken', async () => {
    const { root, session } = await makeWorld(5);
    sql(root, "update log_entries set entry = replace(entry, 'test.test', 'test.tesu') where seq = 4");
    await expect(archiveLog(session)).rejects.toMatchObject({ code: 'log-broken', exitCode: 5 });
    expect(sql(root, "select count(*) from log_entries where entry = ''")).toBe('0');
  });
});

/** As docs/log.md says. */
function opensslVerifies(note: string, root: string): boolean {
  const folder = temporaryFolder();
  const end = note.indexOf('\n\n');
  writeFileSync(join(folder, 'signed'), note.slice(0, end + 1));
  const line =
    note
      .slice(end + 2)
      .trimEnd()
      .split(' ')
      .at(-1) ?? '';
  writeFileSync(join(folder, 'signature'), Buffer.from(line, 'base64').subarray(-64));
  const key = sql(root, 'select key from log_keys order by number desc limit 1')
    .split('+')
    .slice(2)
    .join('+');
  const raw = Buffer.from(key, 'base64').subarray(1);
  writeFileSync(join(folder, 'key'), Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]));
  const words = 'pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in signed -sigfile signature';
  return spawnSync('openssl', words.split(' '), { cwd: folder }).status === 0;
}

describe('a damaged file of the log', () => {
  const damages: [string, string, number, (root: string, file: string) => void][] = [
    ['removed', 'segment-missing', 1, (_, file) => rmSync(file)],
    ['cut off', 'segment-changed', 1, (_, file) => writeFileSync(file, readFileSync(file).subarray(0, -9))],
    [
      'written anew with one entry changed',
      'segment-changed',
      1,
      (_, file) =>
        execFileSync('sh', [
          '-c',
          'zcat "$1" | sed 2s/done/fail/ | gzip > "$1.n" && mv "$1.n" "$1"',
          'sh',
          file,
        ]),
    ],
    [
      'without its manifest',
      'segment-missing',
      1,
      (_, file) => rmSync(file.replace('.jsonl.gz', '.manifest')),
    ],
    [
      'with another manifest',
      'segment-changed',
      1,
      (_, file) => {
        const path = file.replace('.jsonl.gz', '.manifest');
        writeFileSync(path, readFileSync(path, 'utf8').replace('entries 1 ', 'entries 2 '));
      },
    ],
    ['forgotten by the database', 'segment-unregistered', 0, (root) => sql(root, 'delete from log_segments')],
    [
      'recorded with another digest',
      'segment-changed',
      1,
      (root) => sql(root, `update log_segments set sha256 = '${'0'.repeat(64)}' where first = 1`),
    ],
  ];
  it.each(damages)('%s is found', async (_, code, seq, damage) => {
    const world = await makeWorld(5);
    const { root } = world;
    const [first] = await archiveLog(world.session);
    const session = await next(world);
    damage(root, join(root, 'segments', first?.file ?? ''));
    const { problem } = await verifyWorkspaceLog(session);
    expect(problem?.code).toBe(code);
    if (seq > 0) {
      expect(problem?.seq).toBe(seq);
      expect(problem?.text).toContain(first?.file ?? '-');
    }
  });

  it('is named by a command that needs an entry in it, and put right by a second copy', async () => {
    const world = await makeWorld(5);
    const { root } = world;
    const copy = temporaryFolder();
    const [first] = await archiveLog(world.session, { copy });
    const session = await next(world);
    expect(readdirSync(copy).toSorted()).toEqual(segments(root));
    const file = join(root, 'segments', first?.file ?? '');
    rmSync(file);
    await expect(proveEntry(session.store, 2)).rejects.toMatchObject({
      code: 'log-segment-missing',
      exitCode: 5,
    });
    writeFileSync(file, 'no gzip');
    await expect(proveEntry(session.store, 2)).rejects.toMatchObject({
      code: 'log-segment-changed',
      exitCode: 5,
    });
    cpSync(join(copy, first?.file ?? ''), file);
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: null });
  });

  it('an entry whose text was taken out of the database without a file is found', async () => {
    const { root, session } = await makeWorld(5);
    sql(root, "update log_entries set entry = '' where seq = 3");
    expect((await verifyWorkspaceLog(session)).problem).toMatchObject({ code: 'entry-changed', seq: 3 });
  });
});

describe('archiving that is killed', () => {
  let program: string;
  beforeAll(async () => {
    program = await compileProgram('audit/log-archive-program.ts');
  });

  it('loses nothing and repeats nothing, whichever step it comes after', async () => {
    const { root, session, clock, before } = await makeWorld(5);
    await session.close();
    for (let killAt = 1; ; killAt += 1) {
      const folder = temporaryFolder();
      const [world, copy] = [join(folder, 'workspace'), join(folder, 'copy')];
      cpSync(root, world, { recursive: true });
      mkdirSync(copy);
      const words = [program, world, copy, String(killAt), clock.at];
      const { signal, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
      const again = await openSession({ paths: workspacePaths(world), command: 'test', clock });
      const step = `step ${killAt}`;
      expect((await verifyWorkspaceLog(again)).problem, step).toBeNull();
      expect((await texts(again)).slice(0, before.length), step).toEqual(before);
      await archiveLog(again, { copy });
      expect((await verifyWorkspaceLog(again)).problem, step).toBeNull();
      expect((await texts(again)).slice(0, before.length), step).toEqual(before);
      const told = await again.store.log.page(0, 1000, { action: 'log.archive' });
      expect(told, step).toHaveLength(2);
      await again.close();
      expect(segments(world), step).toHaveLength(4);
      rmSync(folder, { recursive: true });
      if (signal === null) {
        expect(stderr).toBe('');
        expect(Number(stdout)).toBeGreaterThan(15);
        break;
      }
    }
  }, 300_000);
});
