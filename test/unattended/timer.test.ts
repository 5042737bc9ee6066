import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextWallTime, parseWallTime, type WallTime, wallTimes } from '../../src/retention/index.js';
import {
  cronLines,
  fewFolders,
  installedTimers,
  installTimer,
  partedCrontab,
  recordFolders,
  removeTimers,
  type Timer,
  timerFiles,
  timerOutlook,
} from '../../src/unattended/index.js';
import { enter, item } from '../retention/sweep-world.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type AutoWorld, autoWorld, enterFiles } from './auto-world.js';

const HAS_ANALYZE = spawnSync('systemd-analyze', ['--version']).status === 0;
const ID = '3f0e1c2a-0000-4000-8000-000000000000';

function timer(changes: Partial<Timer> = {}): Timer {
  return {
    workspaceId: ID,
    root: '/srv/acme',
    daily: '02:00' as WallTime,
    timeZone: 'America/New_York',
    account: 'root',
    program: [process.execPath, '/bin/true'],
    parameters: [],
    recordFolders: [],
    ...changes,
  };
}

function firstOf(timeZone: string, time: string, after: string, count: number): string[] {
  const found: string[] = [];
  for (const at of wallTimes(timeZone, parseWallTime(time, '--daily'), new Date(after))) {
    found.push(at.toISOString());
    if (found.length === count) break;
  }
  return found;
}

describe('the times at which a timer runs', () => {
  it('follow the clock of the organization across its changes', () => {
    // 15 U.S.C. § 260a: in 2027 from 2 a.m. on 14 March to 2 a.m. on 7 November.
    expect(firstOf('America/New_York', '03:00', '2027-03-13T12:00:00Z', 2)).toEqual([
      '2027-03-14T07:00:00.000Z',
      '2027-03-15T07:00:00.000Z',
    ]);
    expect(firstOf('America/New_York', '03:00', '2027-11-05T12:00:00Z', 3)).toEqual([
      '2027-11-06T07:00:00.000Z',
      '2027-11-07T08:00:00.000Z',
      '2027-11-08T08:00:00.000Z',
    ]);
    // Shown twice: the first of the two only.
    expect(firstOf('America/New_York', '01:30', '2027-11-07T00:00:00Z', 2)).toEqual([
      '2027-11-07T05:30:00.000Z',
      '2027-11-08T06:30:00.000Z',
    ]);
  });

  it('are strictly after the instant', () => {
    const at = new Date('2026-07-01T10:00:00.000Z');
    expect(nextWallTime('America/New_York', '06:00' as WallTime, at).toISOString()).toBe(
      '2026-07-02T10:00:00.000Z',
    );
  });

  it.skipIf(!HAS_ANALYZE)('are those that systemd computes', () => {
    const cases: [zone: string, time: string, after: string][] = [
      ['America/New_York', '02:30', '2027-03-13 12:00:00'],
      ['America/New_York', '01:30', '2026-10-31 12:00:00'],
      ['America/New_York', '02:00', '2026-11-22 12:00:00'],
      ['Europe/Berlin', '02:15', '2027-03-27 12:00:00'],
      ['Australia/Lord_Howe', '02:10', '2026-10-02 12:00:00'],
      ['Asia/Kolkata', '00:00', '2026-12-31 12:00:00'],
    ];
    for (const [zone, time, after] of cases) {
      const text = execFileSync(
        'systemd-analyze',
        ['calendar', `--base-time=${after}`, '--iterations=4', `*-*-* ${time}:00 ${zone}`],
        { encoding: 'utf8', env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' } },
      );
      const theirs = [...text.matchAll(/(?:elapse|#\d+): \w+ (\S+ \S+) UTC/g)].map(([, at = '']) =>
        new Date(`${at.replace(' ', 'T')}Z`).toISOString(),
      );
      expect(theirs, `${zone} ${time}`).toHaveLength(4);
      expect(firstOf(zone, time, `${after.replace(' ', 'T')}Z`, 4), `${zone} ${time}`).toEqual(theirs);
    }
  });
});

describe('units', () => {
  it.skipIf(!HAS_ANALYZE)('are what systemd accepts, also with odd names', () => {
    const folder = temporaryFolder();
    for (const kind of ['user', 'system'] as const) {
      const odd = timer({
        recordFolders: ['/srv/records of 100%', '/home/jane "q" doe'],
        parameters: ['--until', '06:00', '--rate', '50MB/s'],
      });
      const files = timerFiles(odd, kind, folder);
      for (const { path, text } of files) writeFileSync(path, text);
      const checked = spawnSync(
        'systemd-analyze',
        ['verify', '--man=no', ...(kind === 'user' ? ['--user'] : []), ...files.map(({ path }) => path)],
        { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', XDG_RUNTIME_DIR: folder } },
      );
      const about = checked.stderr.split('\n').filter((line) => line.includes('quietus'));
      expect(about, kind).toEqual([]);
    }
  });

  it.skipIf(!HAS_ANALYZE)('leave little open, by the measure of systemd-analyze security', () => {
    const folder = temporaryFolder();
    const [service] = timerFiles(timer(), 'system', folder);
    writeFileSync(service?.path ?? '', service?.text ?? '');
    const run = spawnSync(
      'systemd-analyze',
      ['security', '--offline=true', '--threshold=65', service?.path ?? ''],
      { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } },
    );
    expect(run.stdout + run.stderr).toContain('Overall exposure level');
    expect(run.status).toBe(0);
  });

  it('let the sweep write to the workspace and the folders of records only, and catch up', () => {
    const [service, unit] = timerFiles(
      timer({ root: '/srv/acme', recordFolders: ['/srv/records', '/data/a b'] }),
      'system',
      '/nowhere',
    );
    const text = service?.text ?? '';
    const writable = [...text.matchAll(/^ReadWritePaths=(.*)$/gm)].map(([, value]) => value);
    expect(writable).toEqual(['"/srv/acme"', '"-/srv/records"', '"-/data/a b"']);
    for (const line of ['ProtectSystem=strict', 'NoNewPrivileges=yes', 'PrivateTmp=yes', 'UMask=0077'])
      expect(text.split('\n')).toContain(line);
    expect(unit?.text.split('\n')).toContain('Persistent=true');
    expect(unit?.text.split('\n')).toContain('OnCalendar=*-*-* 02:00:00 America/New_York');
  });

  it('keep /tmp visible where records lie in it', () => {
    const [service] = timerFiles(timer({ recordFolders: ['/tmp/records'] }), 'system', '/nowhere');
    expect(service?.text).toContain('\nPrivateTmp=no\n');
  });
});

describe('folders of records', () => {
  it('are those that hold the items, because removing a name is writing to its folder', async () => {
    const made = await autoWorld();
    await enter(made.session, [
      item('A', '/srv/hr/2019/a.csv'),
      item('B', '/srv/hr/2019/deep/b.csv'),
      item('C', '/srv/boxes/one', { medium: 'folder' }),
      item('D', 'Basement', { medium: 'paper' }),
    ]);
    expect(await recordFolders(made.session)).toEqual(['/srv/boxes', '/srv/hr/2019']);
  });

  it('are drawn together where they are many, and hold every one of them', () => {
    const many = Array.from({ length: 300 }, (_, index) => `/srv/${index % 7}/${index}/x`);
    const few = fewFolders(many, 50);
    expect(few).toHaveLength(7);
    expect(many.every((path) => few.some((folder) => path.startsWith(`${folder}/`)))).toBe(true);
  });
});

describe('a crontab', () => {
  const own = cronLines(timer({ daily: '23:05' as WallTime }), 'America/New_York');

  it('gets one line between marks, and the rest of it stays', () => {
    expect(own.split('\n')[1]).toMatch(/^5 23 \* \* \* .* sweep auto --workspace \/srv\/acme /);
    const before = 'MAILTO=jane\n0 1 * * * /bin/other\n';
    expect(partedCrontab(before + own, ID)).toEqual({ others: before, own });
    expect(partedCrontab(before, ID)).toEqual({ others: before, own: null });
  });

  it('is refused where the machine has another time zone', () => {
    expect(() => cronLines(timer(), 'Etc/UTC')).toThrow(expect.objectContaining({ code: 'timer-zone' }));
  });
});

describe('installing', () => {
  afterEach(() => vi.unstubAllEnvs());

  /** Programs that stand in for those of the machine, and write down how they were called. */
  function machine(): { calls: () => string[]; config: string } {
    const folder = temporaryFolder();
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const calls = join(folder, 'calls');
    const tab = join(folder, 'tab');
    writeFileSync(join(bin, 'systemctl'), `#!/bin/sh\necho "$@" >> '${calls}'\n`);
    writeFileSync(
      join(bin, 'crontab'),
      `#!/bin/sh\nif [ "$1" = -l ]; then cat '${tab}' 2>/dev/null; else cat > '${tab}'; fi\n`,
    );
    for (const name of ['systemctl', 'crontab']) chmodSync(join(bin, name), 0o755);
    vi.stubEnv('PATH', `${bin}:${process.env.PATH ?? ''}`);
    vi.stubEnv('XDG_CONFIG_HOME', join(folder, 'config'));
    return {
      calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
      config: join(folder, 'config', 'systemd', 'user'),
    };
  }

  async function ofWorld(made: AutoWorld): Promise<Timer> {
    const { workspaceId } = made.session.settings();
    return timer({ workspaceId, root: made.root, recordFolders: await recordFolders(made.session) });
  }

  it('writes units, starts the timer, shows its next runs, and takes all of it away again', async () => {
    const { calls, config } = machine();
    const made = await autoWorld();
    await enterFiles(made, 'drafts', ['D-1']);
    const files = await installTimer(made.session, await ofWorld(made), 'user');
    expect(files.map(({ path }) => readFileSync(path, 'utf8'))).toEqual(files.map(({ text }) => text));
    const name = `quietus-sweep-${made.session.settings().workspaceId.slice(0, 8)}`;
    expect(calls()).toEqual(['--user daemon-reload', `--user enable --now ${name}.timer`]);

    const [installed] = await installedTimers(made.session);
    expect(installed?.kind).toBe('user');
    if (installed === undefined) return;
    // The test's clock: 2 March 2026, 10:00 in New York; clocks are put forward past 02:00 on 8 March.
    const outlook = await timerOutlook(made.session, installed, 7);
    expect(outlook.nextRuns.map((run) => run.slice(0, 16))).toEqual([
      '2026-03-03T07:00',
      '2026-03-04T07:00',
      '2026-03-05T07:00',
      '2026-03-06T07:00',
      '2026-03-07T07:00',
      '2026-03-09T06:00',
      '2026-03-10T06:00',
    ]);
    expect(outlook.warnings).toEqual([expect.stringContaining('2026-03-08')]);
    await enter(made.session, [item('NEW', '/srv/elsewhere/new.csv')]);
    const later = await timerOutlook(made.session, installed, 1);
    expect(later.warnings).toContainEqual(
      expect.stringContaining('1 folder that the timer may not write to'),
    );

    await removeTimers(made.session);
    expect(existsSync(join(config, `${name}.timer`))).toBe(false);
    expect(await installedTimers(made.session)).toEqual([]);
    await expect(removeTimers(made.session)).rejects.toMatchObject({ code: 'timer-missing' });
    const logged = await made.session.store.log.page(0, 100, { action: 'timer.install' });
    expect(logged).toHaveLength(1);
  });

  it('knows of no crontab where this account may not run that program', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'crontab'), '', { mode: 0o600 });
    vi.stubEnv('PATH', folder);
    const made = await autoWorld();
    expect(await installedTimers(made.session)).toEqual([]);
  });

  it('writes and removes the lines of a crontab', async () => {
    machine();
    vi.stubEnv('TZ', 'America/New_York');
    const made = await autoWorld();
    await installTimer(made.session, await ofWorld(made), 'cron');
    await installTimer(made.session, await ofWorld(made), 'cron');
    const [installed, ...others] = await installedTimers(made.session);
    expect(others).toEqual([]);
    expect(installed?.files[0]?.text.match(/sweep auto/g)).toHaveLength(1);
    await removeTimers(made.session);
    expect(await installedTimers(made.session)).toEqual([]);
  });

  it('replaces no unit that somebody else wrote', async () => {
    const { config } = machine();
    const made = await autoWorld();
    const name = `quietus-sweep-${made.session.settings().workspaceId.slice(0, 8)}`;
    mkdirSync(config, { recursive: true });
    writeFileSync(join(config, `${name}.service`), '[Service]\nExecStart=/bin/true\n');
    await expect(installTimer(made.session, await ofWorld(made), 'user')).rejects.toMatchObject({
      code: 'unit-of-another',
    });
  });
});
