import { GATE_KINDS, type Gate, isOverwritable, MEDIA, type Sanitization } from '../model/index.js';
import type { YamlMap } from '../workspace/index.js';

const ONE_LINE = { pattern: /^.{1,200}$/u, expected: 'at most 200 characters long' };
const MOST_DAYS = 3650;

/** Words of M.G.L. c. 93I § 2: (a) for paper, (b) for other media. */
const METHODS = {
  paper: ['redacted', 'burned', 'pulverized', 'shredded'],
  other: ['destroyed', 'erased'],
} as const;

/** The gates of a class; mistakes are noted in the map. */
export function readGates(map: YamlMap): Gate[] {
  const gates = (map.maps('gates', { optional: true }) ?? []).flatMap((each) => readGate(each) ?? []);
  const seen = new Set<string>();
  for (const gate of gates) {
    const text = JSON.stringify(gate);
    if (seen.has(text)) map.problem('gates', `names the gate ${gate.kind} twice`, 'Remove one of the two');
    seen.add(text);
  }
  return gates;
}

function readGate(map: YamlMap): Gate | undefined {
  const kind = map.choice('kind', GATE_KINDS);
  let gate: Gate | undefined;
  if (kind === 'notice') {
    const recipient = map.text('recipient', ONE_LINE);
    const days = map.integer('days', { minimum: 0, maximum: MOST_DAYS });
    if (recipient !== undefined && days !== undefined) gate = { kind, recipient, days };
  } else if (kind === 'permission') {
    const authority = map.text('authority', ONE_LINE);
    if (authority !== undefined) gate = { kind, authority };
  } else if (kind !== undefined) gate = { kind };
  if (kind !== undefined) map.refuseOtherKeys();
  return gate;
}

/** How people must destroy media that this program cannot, in the words of the law. */
export function readSanitization(map: YamlMap | undefined): Sanitization {
  if (map === undefined) return {};
  const found: Partial<Record<(typeof MEDIA)[number], string>> = {};
  for (const medium of MEDIA) {
    if (!map.has(medium)) continue;
    if (isOverwritable(medium)) {
      map.keyProblem(medium, 'is overwritten by this program itself', 'Name only media that people destroy');
      continue;
    }
    const methods = medium === 'paper' ? METHODS.paper : METHODS.other;
    const method = map.choice(medium, methods);
    if (method !== undefined) found[medium] = method;
  }
  map.refuseOtherKeys();
  return found;
}
