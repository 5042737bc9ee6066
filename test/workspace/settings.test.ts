import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/model/index.js';
import {
  glanceAtSettings,
  isMonthDay,
  isTimeZone,
  LOG_SETTINGS,
  parseSettings,
  readSettings,
  requirePrivate,
  type Settings,
  settingsText,
} from '../../src/workspace/index.js';
import { temporaryFolder } from '../temporary-folder.js';

const MINIMAL = `version: 1
workspace: 0f0e0d0c-0b0a-4908-8706-050403020100
organization:
  name: Acme Dental
time_zone: America/New_York
`;

function faultOf(text: string): Fault {
  try {
    parseSettings(text, 'quietus.yaml');
  } catch (error) {
    return error as Fault;
  }
  throw new Error('The settings were accepted');
}

describe('settings', () => {
  it('have defaults that keep: limits on, one approval, no titles on certificates', () => {
    expect(parseSettings(MINIMAL, 'quietus.yaml')).toEqual({
      version: 1,
      workspaceId: '0f0e0d0c-0b0a-4908-8706-050403020100',
      organization: { name: 'Acme Dental', address: null },
      timeZone: 'America/New_York',
      fiscalYearEnd: '12-31',
      limits: { maxItems: 1000, maxClassPercent: 20 },
      approvals: { minimum: 1, plannerMayApprove: true, validDays: 30 },
      holds: { coolingOffDays: 7 },
      gates: { statementDays: 90 },
      certificate: { itemTitles: false, logo: null, font: null },
      hooks: { webhook: null, command: null },
      log: LOG_SETTINGS,
      transfers: { requireRecovery: false },
    });
  });

  it('that init writes are read back unchanged, whatever the organization is called', () => {
    const line = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((text) => text.trim() !== '' && !/[\p{Cc}\ufffd]/u.test(text));
    const settings: fc.Arbitrary<Settings> = fc.record({
      version: fc.constant(1),
      workspaceId: fc.uuid(),
      organization: fc.record({ name: line, address: fc.option(line) }),
      timeZone: fc.constantFrom('America/New_York', 'UTC', 'Asia/Kolkata'),
      fiscalYearEnd: fc.constantFrom('12-31', '06-30', '02-29'),
      limits: fc.record({
        maxItems: fc.integer({ min: 1, max: 100_000_000 }),
        maxClassPercent: fc.integer({ min: 1, max: 100 }),
      }),
      approvals: fc.record({
        minimum: fc.constantFrom(0, 1, 2),
        plannerMayApprove: fc.boolean(),
        validDays: fc.integer({ min: 1, max: 3650 }),
      }),
      holds: fc.record({ coolingOffDays: fc.integer({ min: 0, max: 3650 }) }),
      gates: fc.record({ statementDays: fc.integer({ min: 1, max: 3650 }) }),
      transfers: fc.record({ requireRecovery: fc.boolean() }),
      certificate: fc.record({
        itemTitles: fc.boolean(),
        logo: fc.constantFrom(null, '/etc/quietus/logo.png'),
        font: fc.constantFrom(null, '/usr/share/fonts/cjk.otf'),
      }),
      hooks: fc.record({
        webhook: fc.constantFrom(
          null,
          'https://example.org/hook?a=b',
          'http://127.0.0.1:8080/',
          'http://[::1]/x',
        ),
        command: fc.option(
          line.map((text) => ['/usr/bin/tell', text]),
          { nil: null },
        ),
      }),
      log: fc.record({
        unsignedEntries: fc.integer({ min: 2, max: 10_000_000 }),
        clockTolerance: fc.integer({ min: 0, max: 86_400 }),
        reads: fc.boolean(),
        fileNames: fc.boolean(),
        witnesses: fc.record({
          folder: fc.option(line.map((text) => `/mnt/${text}`)),
          system: fc.constantFrom(null, 'syslog', 'journald'),
          webhook: fc.constantFrom(null, 'https://example.org/hook', 'http://localhost:1/'),
          webhookCa: fc.constantFrom(null, '/etc/ssl/ca.pem'),
        }),
        timestamp: fc.option(fc.constant({ url: 'http://tsa.example.org/', ca: '/etc/ssl/tsa.pem' })),
      }),
    });
    fc.assert(
      fc.property(settings, (value) => {
        expect(parseSettings(settingsText(value), 'f')).toEqual(value);
        const { workspaceId, log } = value;
        const { reads, unsignedEntries } = log;
        // Or undefined, where a value happens to look like one of the keys: then the whole file is read.
        expect([undefined, { workspaceId, log: { reads, unsignedEntries } }]).toContainEqual(
          glanceAtSettings(settingsText(value)),
        );
      }),
    );
    for (const name of ['O\'Brien: "Law" # 1', '- yes', '1e3', 'null', '{a: b}', '*x', '\\n', '%']) {
      const organization = { name, address: name };
      const base = parseSettings(MINIMAL, 'f');
      expect(parseSettings(settingsText({ ...base, organization }), 'f').organization).toEqual(organization);
    }
  });

  it('are glanced at only where they are written as init writes them', () => {
    const written = settingsText(parseSettings(MINIMAL, 'f'));
    expect(glanceAtSettings(written)?.log).toEqual({ reads: true, unsignedEntries: 1000 });
    expect(glanceAtSettings(written.replace('  reads: true', '  reads: false'))?.log.reads).toBe(false);
    for (const [from, to] of [
      ['  reads: true', '  reads: no'],
      ['  reads: true', '  "reads": false'],
      ['  reads: true', '  reads: true\n  reads: false'],
      ['  reads: true\n', ''],
      ['  unsigned_entries: 1000', '  unsigned_entries: 1'],
      ['log:\n', 'log: {reads: false}\nother:\n'],
    ] as const) {
      expect(written).toContain(from);
      const glanced = glanceAtSettings(written.replace(from, to));
      expect(glanced, to).toBe(undefined);
    }
  });

  it('explain each setting in comments', () => {
    const text = settingsText(parseSettings(MINIMAL, 'f'));
    const keys = text.match(
      /^\s*(?:max_items|max_class_percent|minimum|planner_may_approve|item_titles|time_zone|fiscal_year_end):/gm,
    );
    expect(keys).toHaveLength(7);
    for (const key of keys ?? []) {
      expect(text.slice(0, text.indexOf(key)).trimEnd().split('\n').at(-1)).toMatch(/^\s*(?:#|\w+:$)/);
    }
  });

  it.each([
    ['an unknown key', `${MINIMAL}aprovals:\n  minimum: 1\n`, 6, 1],
    ['a key that belongs elsewhere', `${MINIMAL}limits:\n  minimum: 1\n`, 7, 3],
    ['a number out of bounds', `${MINIMAL}limits:\n  max_class_percent: 101\n`, 7, 22],
    ['a fraction', `${MINIMAL}limits:\n  max_items: 1.5\n`, 7, 14],
    ['text for a number', `${MINIMAL}limits:\n  max_items: "many"\n`, 7, 14],
    ['text for true or false', `${MINIMAL}approvals:\n  planner_may_approve: "no"\n`, 7, 24],
    ['a day that does not exist', `${MINIMAL}fiscal_year_end: "06-31"\n`, 6, 18],
    ['a zone that does not exist', MINIMAL.replace('America/New_York', 'America/Boston'), 5, 12],
    ['an offset for a zone', MINIMAL.replace('America/New_York', '"-05:00"'), 5, 12],
    ['an id that is no UUID', MINIMAL.replace('0f0e0d0c-', ''), 2, 12],
    ['an empty name', MINIMAL.replace('Acme Dental', '""'), 4, 9],
    ['a tab', `${MINIMAL}limits:\n\tmax_items: 1\n`, 7, 1],
  ])('name %s with line and column', (_name, text, line, column) => {
    const fault = faultOf(text);
    expect(fault).toMatchObject({ code: 'settings-invalid', exitCode: 2 });
    expect(fault.details?.problems).toEqual(
      expect.arrayContaining([expect.objectContaining({ line, column })]),
    );
    expect(fault.message).toContain(`quietus.yaml:${line}:${column}`);
  });

  it('name every mistake at once', () => {
    const fault = faultOf('version: 1\norganization:\n  name: 5\nlimits:\n  max_items: 0\nx: 1\n');
    const problems = fault.details?.problems as { path: string }[];
    expect(problems.map((problem) => problem.path)).toEqual(
      expect.arrayContaining(['workspace', 'time_zone', 'organization.name', 'limits.max_items', 'x']),
    );
  });

  it('of a newer version are not touched, whatever else they hold', () => {
    expect(faultOf('version: 2\nunknown: true\n')).toMatchObject({ code: 'workspace-newer', exitCode: 2 });
  });

  it.each(['', '\n', '- 1\n', 'text\n', '{', 'version: 1\n'])('that are none are refused: %j', (text) => {
    expect(faultOf(text)).toMatchObject({ exitCode: 2 });
  });

  it('that cannot be read are named', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'quietus.yaml');
    expect(() => readSettings(path)).toThrow(
      expect.objectContaining({ code: 'settings-unreadable', exitCode: 2 }),
    );
    expect(() => readSettings(folder)).toThrow(expect.objectContaining({ code: 'settings-unreadable' }));
    writeFileSync(path, MINIMAL);
    expect(readSettings(path).organization.name).toBe('Acme Dental');
  });
});

describe('days and zones', () => {
  it('know which days exist in some year', () => {
    for (const day of ['01-01', '02-29', '06-30', '12-31']) expect(isMonthDay(day), day).toBe(true);
    for (const day of ['00-01', '02-30', '04-31', '13-01', '1-1', '12-32', '2024-06-30', '']) {
      expect(isMonthDay(day), day).toBe(false);
    }
  });

  it('know IANA zones and no others', () => {
    for (const zone of ['America/New_York', 'UTC', 'Europe/Berlin'])
      expect(isTimeZone(zone), zone).toBe(true);
    for (const zone of ['', 'Boston', '+01:00', '-05', 'America/', 'GMT+1 '])
      expect(isTimeZone(zone), zone).toBe(false);
  });
});

describe('requirePrivate', () => {
  it.each([0o600, 0o400, 0o700])('accepts %o', (mode) => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, '');
    chmodSync(path, mode);
    expect(() => requirePrivate(path, 'the file')).not.toThrow();
  });

  it.each([0o640, 0o604, 0o620, 0o602, 0o601, 0o610, 0o777])(
    'refuses %o and says how to correct it',
    (mode) => {
      const path = join(temporaryFolder(), 'file');
      writeFileSync(path, '');
      chmodSync(path, mode);
      expect(() => requirePrivate(path, 'the file')).toThrow(
        expect.objectContaining({
          code: 'permissions-too-wide',
          exitCode: 4,
          hint: `Run: chmod go= ${path}`,
        }),
      );
    },
  );
});
