import { existsSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { holdQueryText, normalizedPath, parseHoldQuery, readTypedQuery } from '../holds/index.js';
import { badInput, type HoldScope } from '../model/index.js';
import { requireLine } from './hold-text.js';

/**
 * The scopes of a location as a person types it. A path may be relative where it begins with a dot; a path
 * through a symbolic link reaches both what it says and where it leads, because the inventory may have either.
 * Anything else is the beginning of a description, such as `Cabinet 4`.
 *
 * @param cwd folder that relative paths start from
 * @throws Fault `location-ambiguous` where the text names something in that folder but not as a path, `location-pattern`
 */
export function locationScopes(text: string, cwd: string): HoldScope[] {
  return heldPlaces(text, cwd).map((value): HoldScope => ({ kind: 'location', value }));
}

/**
 * The scope of a query as a person types it; what it says of locations means what {@link locationScopes} makes of it.
 *
 * @throws Fault `hold-query-invalid`, and as {@link locationScopes}
 */
export function queryScope(text: string, cwd: string): HoldScope {
  const conditions = parseHoldQuery(readTypedQuery(text)).map((each) =>
    each.field === 'location'
      ? { ...each, values: each.values.flatMap((value) => heldPlaces(value, cwd)) }
      : each,
  );
  return { kind: 'query', value: holdQueryText(conditions) };
}

function heldPlaces(text: string, cwd: string): string[] {
  const line = requireLine(text, '--location');
  const relative = /^\.{1,2}(?:\/|$)/.test(line);
  refusePattern(line, cwd);
  if (line.startsWith('/') || relative) {
    const path = relative ? `${cwd}/${line}` : line;
    return [...new Set([resolve(path), ledTo(path)].map(normalizedPath))];
  }
  if (!existsSync(resolve(cwd, line))) return [line];
  throw badInput(
    'location-ambiguous',
    'A location is both a description and the name of something in this folder',
    {
      hint: 'Begin it with ./ where you mean the file or folder',
    },
  );
}

/**
 * What a shell would have replaced had it not stood in quotes or behind an equals sign: taken as it is, the hold would
 * reach nothing of what is meant.
 *
 * @throws Fault `location-pattern` (exit 2)
 */
function refusePattern(line: string, cwd: string): void {
  const home = /^~[^/]*(?:\/|$)/.test(line);
  const pattern = home || (line.includes('*') && line.includes('/'));
  if (!pattern || existsSync(resolve(cwd, line))) return;
  throw badInput(
    'location-pattern',
    home
      ? 'A location begins with ~, which only a shell replaces'
      : 'A location has * in it, and no file has that name',
    { hint: 'Name the folder by its whole path: a hold reaches all below it' },
  );
}

/** As many symbolic links as Linux follows in one path. */
const MOST_LINKS = 40;

/**
 * Where an absolute path leads, as the kernel follows it: letter by letter as it is written, and `..` from where a link
 * leads. What is not there yet, or not to be seen by this account, lies where its folder leads.
 */
function ledTo(path: string): string {
  const names = path.split('/').toReversed();
  let at = '/';
  let links = 0;
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const next = join(at, name);
    const target = name === '..' || links >= MOST_LINKS ? undefined : linkTarget(next);
    if (target !== undefined) {
      links += 1;
      names.push(...target.split('/').toReversed());
      if (target.startsWith('/')) at = '/';
    } else {
      at = next;
    }
  }
  return at;
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
