import { dirname, isAbsolute, parse, sep } from 'node:path';
import type { Reason } from '../model/index.js';
import { reason } from './reasons.js';

/** Splits without resolving `.` and `..`: the text of a path does not say where those lead when links are involved. */
export function splitLocation(location: string): { parent: string; name: string } | Reason {
  let end = location.length;
  while (end > 1 && location[end - 1] === sep) end -= 1;
  const trimmed = location.slice(0, end);
  const parts = trimmed.split(sep);
  if (!isAbsolute(location) || location.includes('\0') || parts.includes('.') || parts.includes('..')) {
    return reason('not-absolute');
  }
  const name = parts.at(-1) ?? '';
  if (name === '' || trimmed === parse(trimmed).root) return reason('protected-path');
  return { parent: dirname(trimmed), name };
}
