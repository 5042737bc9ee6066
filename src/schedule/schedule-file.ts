import type { CalendarDate, RecordClass, Schedule } from '../model/index.js';
import { type Authority, CUT_OFFS, DATE_TRIGGERS, DISPOSITIONS, type PeriodClause } from '../model/index.js';
import { editDistance, excerpt, readYaml, type SourceProblem, type YamlMap } from '../workspace/index.js';
import { readGates, readSanitization } from './gate-rules.js';
import { isPeriodMistake, parsePeriod } from './period.js';
import { isDateMistake, readWrittenDate } from './written-date.js';

/** Version of the file format that this program reads. */
const SCHEDULE_FORMAT = 1;

export type ParsedSchedule = { schedule: Schedule } | { problems: readonly SourceProblem[] };

/** Ids of record classes and names of triggers. */
const NAME = /^[a-z][a-z0-9-]{0,63}$/;
const NAME_HINT = 'Use up to 64 lower-case letters, digits and hyphens, with a letter first';
const APPROVALS = [0, 1, 2] as const;
const ONE_LINE = { pattern: /^.{1,300}$/u, expected: 'at most 300 characters long' };

/**
 * Reads a retention schedule, format version 1, and finds every mistake in it at once.
 *
 * ```yaml
 * version: 1                    # of this format
 * title: Example Company retention schedule
 * effective: 2027-01-01         # first day on which it applies; optional
 * classes:                      # one entry or more; its key is the id that inventory items name
 *   form-i9:                    # lower-case letters, digits, hyphens
 *     title: Form I-9
 *     retain:                   # minimums; the latest wins
 *       - {after: hire, for: P3Y}
 *       - {after: termination, for: P1Y}
 *     cut_off: none             # none (default), month, calendar-year, fiscal-year
 *     delete_within: {after: last-used, for: P2Y}    # a maximum; optional
 *     disposition: destroy      # destroy, review, redact, archive, transfer, permanent
 *     approvals: 1              # people who must approve: 0, 1 (default) or 2
 *     gates:                    # what must be stated before disposal; optional
 *       - {kind: notice, recipient: Department of Public Health, days: 30}
 *       - {kind: permission, authority: Records Conservation Board}
 *       - {kind: no-open-charge}
 *       - {kind: copies-checked}
 *     sanitization: {paper: shredded}                # by medium; optional
 *     authority:
 *       citation: 8 CFR 274a.2
 *       source: https://www.ecfr.gov/current/title-8   # optional
 *       checked: 2026-11-02     # when somebody last compared the entry with the law
 *       warning: Sources conflict                      # optional
 *   payroll:
 *     title: Payroll
 *     trigger: closed           # short for retain: [{after: closed, for: P3Y}]
 *     period: P3Y
 *     disposition: destroy
 *     authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
 * ```
 *
 * A trigger is a date of every item (`created`, `modified`, `closed`, `last-used`) or any other name, which is
 * an event such as `termination`. Periods are those of {@link parsePeriod}. With a cut-off, counting of the
 * minimums starts at the end of the month, calendar year or fiscal year that the trigger falls in; the maximum
 * always counts from its trigger. `permanent` takes no periods; every other disposition needs at least one.
 *
 * @param text content of the file, decoded as UTF-8
 * @param fileName what messages call the file
 */
export function parseSchedule(text: string, fileName: string): ParsedSchedule {
  const source = readYaml(text, fileName);
  const root = source.map();
  const schedule = root && readSchedule(root);
  const problems = source.problems();
  return problems.length > 0 || schedule === undefined ? { problems } : { schedule };
}

function readSchedule(root: YamlMap): Schedule {
  const version = root.integer('version', { minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
  if (version !== undefined && version !== SCHEDULE_FORMAT) {
    root.problem(
      'version',
      `is ${version}, and this program reads ${SCHEDULE_FORMAT}`,
      'Update Quietus, or write version: 1',
    );
  }
  const title = root.text('title', ONE_LINE) ?? '';
  const effective = readEffective(root);
  const entries = root.map('classes');
  const classes = entries?.namedMaps().flatMap(({ name, map }) => {
    if (!NAME.test(name)) entries.keyProblem(name, 'is not an id of a record class', NAME_HINT);
    return readClass(name, map) ?? [];
  });
  if (entries?.size === 0) root.problem('classes', 'has no record class in it', null);
  root.refuseOtherKeys();
  return { title, ...(effective === undefined ? {} : { effective }), classes: classes ?? [] };
}

function readEffective(root: YamlMap): CalendarDate | undefined {
  const text = root.has('effective') ? root.textOrNumber('effective') : undefined;
  if (text === undefined) return undefined;
  const date = readWrittenDate(text);
  if (!isDateMistake(date)) return date;
  return root.problem('effective', `${excerpt(text)} ${date.message}`, date.hint);
}

/** Values that stand for mistakes never leave this file: with any problem noted, there is no schedule. */
function readClass(id: string, map: YamlMap): RecordClass | undefined {
  const title = map.text('title', ONE_LINE) ?? '';
  const disposition = map.choice('disposition', DISPOSITIONS) ?? 'review';
  const permanent = disposition === 'permanent';
  const retain = readRetain(map, permanent);
  const cutOff = map.choice('cut_off', CUT_OFFS, { optional: true }) ?? 'none';
  const within = map.map('delete_within', { optional: true });
  const deleteWithin = within === undefined ? null : readClause(within);
  if (permanent) {
    for (const key of ['retain', 'trigger', 'period', 'delete_within', 'cut_off']) {
      if (map.has(key)) map.keyProblem(key, 'contradicts disposition: permanent', 'Remove one of the two');
    }
  }
  const people = map.integer('approvals', { minimum: 0, maximum: 2, optional: true }) ?? 1;
  const approvals = APPROVALS.find((count) => count === people) ?? 1;
  const gates = readGates(map);
  const sanitization = readSanitization(map.map('sanitization', { optional: true }));
  const archiveFor = readArchive(map, disposition);
  const authority = readAuthority(map.map('authority'));
  map.refuseOtherKeys();
  if (authority === undefined) return undefined;
  const rule = {
    id,
    title,
    retain,
    cutOff,
    deleteWithin,
    disposition,
    approvals,
    gates,
    sanitization,
    authority,
  };
  return archiveFor === undefined ? rule : { ...rule, archiveFor };
}

/** How long an archive is kept: `archive: {for: P7Y}`, which goes with `disposition: archive` only. */
function readArchive(map: YamlMap, disposition: string): string | undefined {
  const archive = map.map('archive', { optional: true });
  if (archive === undefined) return undefined;
  if (disposition !== 'archive') {
    map.keyProblem(
      'archive',
      `contradicts disposition: ${disposition}`,
      'Write disposition: archive, or remove it',
    );
  }
  const period = readPeriod(archive, 'for');
  archive.refuseOtherKeys();
  return period;
}

/** The clauses of `retain`, or the one of `trigger` and `period`. */
function readRetain(map: YamlMap, permanent: boolean): PeriodClause[] {
  const long = map.has('retain');
  const short = map.has('trigger') || map.has('period');
  if (long && short) {
    for (const key of ['trigger', 'period']) {
      if (map.has(key))
        map.keyProblem(key, 'says the same as retain', 'Use either retain, or trigger and period');
    }
  }
  if (!long && !short) {
    if (!permanent) map.missing('retain', 'Say how long to keep: retain: [{after: closed, for: P7Y}]');
    return [];
  }
  if (long) return (map.maps('retain') ?? []).map(readClause);
  return [{ after: readTrigger(map, 'trigger'), for: readPeriod(map, 'period') }];
}

function readClause(map: YamlMap): PeriodClause {
  const clause = { after: readTrigger(map, 'after'), for: readPeriod(map, 'for') };
  map.refuseOtherKeys();
  return clause;
}

/** A name one letter away from a date of every item would be an event that never happens: a silent keep for ever. */
function readTrigger(map: YamlMap, key: string): string {
  const name = map.text(key) ?? '';
  if (name === '' || (DATE_TRIGGERS as readonly string[]).includes(name)) return name;
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  const meant = DATE_TRIGGERS.find((trigger) => editDistance(plain.slice(0, 64), trigger) <= 1);
  if (meant !== undefined)
    return map.problem(key, `is ${excerpt(name)}, which is no trigger`, `Did you mean ${meant}?`) ?? '';
  if (!NAME.test(name)) {
    const hint = NAME.test(plain) ? `Write ${plain}` : NAME_HINT;
    map.problem(key, `is ${excerpt(name)}, which cannot name a trigger`, hint);
  }
  return name;
}

function readPeriod(map: YamlMap, key: string): string {
  const text = map.textOrNumber(key) ?? '';
  if (text === '') return text;
  const period = parsePeriod(text);
  if (isPeriodMistake(period)) map.problem(key, `${excerpt(text)} ${period.message}`, period.hint);
  return text;
}

function readAuthority(map: YamlMap | undefined): Authority | undefined {
  if (map === undefined) return undefined;
  const citation = map.text('citation', ONE_LINE) ?? '';
  const source = map.text('source', { ...ONE_LINE, optional: true }) ?? null;
  const warning = map.text('warning', { ...ONE_LINE, optional: true }) ?? null;
  const written = map.textOrNumber('checked');
  const checked = written === undefined ? undefined : readWrittenDate(written);
  map.refuseOtherKeys();
  if (written === undefined || checked === undefined) return undefined;
  if (!isDateMistake(checked)) return { citation, source, checked, warning };
  return map.problem('checked', `${excerpt(written)} ${checked.message}`, checked.hint);
}
