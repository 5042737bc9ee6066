import canonicalize from 'canonicalize';

/**
 * Canonical JSON, RFC 8785: the one text of a value, so that a digest or signature over it has one meaning.
 *
 * @throws Error for what JSON cannot hold (NaN, infinities, lone surrogates, circular references, undefined at the top)
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('The value has no JSON form');
  return text;
}
