import { verificationFailed } from '../model/index.js';

const DEPTH_LIMIT = 32;

/**
 * Reads JSON that must be exactly one thing to every reader: UTF-8 without a byte order mark, no key twice in
 * one object (RFC 8259 leaves the meaning of a repeated key open, so two readers could see two documents).
 *
 * @throws Fault `certificate-unreadable` or `certificate-duplicate-key`, with line and column
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw unreadable('The certificate is not valid UTF-8', cause);
  }
  if (text.startsWith('\ufeff')) throw unreadable('The certificate begins with a byte order mark');
  refuseDuplicateKeys(text);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    // The engine's own message quotes the text, which may be personal information.
    throw unreadable('The certificate is not valid JSON', cause);
  }
}

function unreadable(message: string, cause?: unknown): Error {
  return verificationFailed('certificate-unreadable', message, {
    hint: 'Use the file as it was issued; an editor or a mail program may have changed it',
    cause,
  });
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]/gs;

/** Walks the tokens only far enough to know which strings are keys; whatever is no JSON is left to JSON.parse. */
function refuseDuplicateKeys(text: string): void {
  const open: (Set<string> | null)[] = [];
  let string: { raw: string; at: number } | undefined;
  for (const match of text.matchAll(TOKEN)) {
    const token = match[0];
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : null);
      if (open.length > DEPTH_LIMIT)
        throw unreadable(`The certificate nests deeper than ${DEPTH_LIMIT} levels`);
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (token === ':' && string) {
      addKey(open.at(-1) ?? null, string.raw, text, string.at);
    }
    string = token.startsWith('"') ? { raw: token, at: match.index } : undefined;
  }
}

function addKey(keys: Set<string> | null, raw: string, text: string, at: number): void {
  if (!keys) return;
  const key = unescaped(raw);
  if (keys.has(key)) {
    const before = text.slice(0, at).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    throw verificationFailed(
      'certificate-duplicate-key',
      `The certificate has a key twice in one object, at line ${before.length}, column ${column}`,
      { hint: 'Quietus never writes a key twice: somebody changed this file' },
    );
  }
  keys.add(key);
}

/** Two spellings of one key are one key. */
function unescaped(raw: string): string {
  if (!raw.includes('\\')) return raw.slice(1, -1);
  try {
    return JSON.parse(raw) as string;
  } catch {
    return raw.slice(1, -1);
  }
}
