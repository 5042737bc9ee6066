import canonicalize from 'canonicalize';

/** What JSON.stringify writes for half of a surrogate pair; also found in text that holds such an escape itself. */
const LONE_SURROGATE = /\\ud[89a-f]/;

/**
 * Canonical JSON, RFC 8785: the one text of a value, so that a digest or signature over it has one meaning.
 *
 * ECMAScript writes numbers and strings as the RFC asks (sections 3.2.2.2 and 3.2.2.3), so plain data is left to
 * JSON.stringify once its keys are in order: several times as fast for the many lines of plans and of the log. What is
 * not plain data is left to the library.
 *
 * @throws Error for what JSON cannot hold (NaN, infinities, lone surrogates, circular references, undefined at the top)
 */
export function canonicalJson(value: unknown): string {
  const ordered = inOrder(value, 0);
  if (ordered !== UNUSUAL) {
    const text = JSON.stringify(ordered);
    if (!LONE_SURROGATE.test(text)) return text;
  }
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('The value has no JSON form');
  return text;
}

/** Deeper values, and with them circular ones, are left to the library. */
const MOST_DEPTH = 32;
const UNUSUAL = Symbol('left to the library');

/** The same plain data with its keys in the order of RFC 8785, section 3.2.3; copied only where it has to be. */
function inOrder(value: unknown, depth: number): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : UNUSUAL;
  if (typeof value !== 'object' || depth === MOST_DEPTH) return UNUSUAL;
  if (Array.isArray(value)) return inOrderArray(value, depth);
  return Object.getPrototypeOf(value) === Object.prototype
    ? inOrderObject(value as Record<string, unknown>, depth)
    : UNUSUAL;
}

function inOrderArray(values: readonly unknown[], depth: number): unknown {
  let copy: unknown[] | undefined;
  for (let at = 0; at < values.length; at += 1) {
    const ordered = inOrder(values[at], depth + 1);
    if (ordered === UNUSUAL) return UNUSUAL;
    if (ordered !== values[at]) {
      copy ??= [...values];
      copy[at] = ordered;
    }
  }
  return copy ?? values;
}

function inOrderObject(value: Record<string, unknown>, depth: number): unknown {
  const keys = Object.keys(value);
  let sorted = true;
  for (let at = 1; at < keys.length; at += 1) {
    if ((keys[at - 1] ?? '') > (keys[at] ?? '')) {
      sorted = false;
      break;
    }
  }
  let copy: Record<string, unknown> | undefined = sorted ? undefined : {};
  if (!sorted) keys.sort();
  for (const key of keys) {
    // Numbers as keys come first in every object, whatever their place; a key __proto__ is none of its own in a copy.
    const first = key.charCodeAt(0);
    if (key === 'toJSON' || key === '__proto__' || (first >= 48 && first <= 57)) return UNUSUAL;
    // JSON.stringify leaves such keys out, as the library does.
    if (value[key] === undefined) continue;
    const ordered = inOrder(value[key], depth + 1);
    if (ordered === UNUSUAL) return UNUSUAL;
    if (copy === undefined && ordered !== value[key]) copy = { ...value };
    if (copy !== undefined) copy[key] = ordered;
  }
  return copy ?? value;
}
