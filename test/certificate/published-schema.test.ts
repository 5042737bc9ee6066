import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, constantFrom, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CertifiedItemFacts,
  certificateDocument,
  parseCertificate,
  serialize,
  validateCertificate,
} from '../../src/certificate/index.js';
import { MEDIA } from '../../src/model/index.js';
import { schemaProblems } from './json-schema.js';
import { everyKind, hash, item, log, sampleFacts } from './sample-facts.js';

function published(version: 1 | 2): Record<string, unknown> {
  const path = join(import.meta.dirname, `../../schemas/certificate-${version}.schema.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}

/** A file as version 0.1 of the program issued it. */
function versionOne(name: 'run' | 'statement'): Record<string, Json> {
  const path = join(import.meta.dirname, 'version-1', `${name}.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, Json>;
}

const [first = item(0)] = everyKind().items;
const inTwoClasses = { ...first, otherClasses: classesOf(item(1)) };
const untold = item(9, { title: null, keepUntil: null, dataSubjects: null, log: log(103, 104) });
const document = certificateDocument(
  everyKind({
    items: [inTwoClasses, ...everyKind().items.slice(1), untold],
    signer: { name: 'Acme', certificateSha256: hash('c') },
  }),
);

function classesOf({ recordClass, classTitle, authority }: CertifiedItemFacts) {
  return recordClass && classTitle && authority ? [{ recordClass, classTitle, authority }] : [];
}

/** Certificates from before it existed have none. */
const OPTIONAL = ['other_classes'];

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Place = { holder: Record<string, Json> | Json[]; key: string | number };

/** Every place in a document where a value stands. */
function places(value: Json): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return keys.flatMap((key) => {
    const holder = value as Record<string, Json>;
    return [{ holder: value, key }, ...places(holder[key] ?? null)];
  });
}

function accepts(value: unknown): boolean {
  try {
    validateCertificate(value);
    return true;
  } catch {
    return false;
  }
}

describe.each([
  ['schemas/certificate-2.schema.json', published(2), () => structuredClone(document) as unknown as Json],
  ['schemas/certificate-1.schema.json', published(1), () => versionOne('run') as Json],
])('%s', (_name, schema, fresh) => {
  it('accepts the documents of certificates', () => {
    expect(schemaProblems(schema, fresh())).toEqual([]);
    expect(accepts(fresh())).toBe(true);
  });

  it('asks for exactly the fields that the documents have, in their order', () => {
    const made = fresh() as { items: object[]; exceptions: object[] };
    const properties = schema.properties as Record<string, { properties?: object }>;
    expect(Object.keys(properties)).toEqual(Object.keys(made));
    expect(schema.required).toEqual(Object.keys(made));
    const defs = schema.$defs as Record<string, { properties: object; required: string[] }>;
    expect(Object.keys(defs.item?.properties ?? {})).toEqual(Object.keys(made.items[0] ?? {}));
    expect(defs.item?.required).toEqual(
      Object.keys(made.items[0] ?? {}).filter((key) => !OPTIONAL.includes(key)),
    );
    expect(defs.exception?.required).toEqual(Object.keys(made.exceptions[0] ?? {}));
  });

  it('and the reader agree: what the schema refuses is refused, and what is accepted keeps to the schema', () => {
    const values: Json[] = [
      null,
      true,
      0,
      -1,
      1.5,
      '',
      'x',
      '2026-02-03',
      'A\nB',
      'a'.repeat(64),
      [],
      {},
      1e300,
      'erased',
      'b',
    ];
    assert(
      property(
        nat(),
        constantFrom('replace', 'delete', 'add'),
        constantFrom(...values),
        (n, action, value) => {
          const copy = fresh();
          const all = places(copy);
          const place = all[n % all.length];
          if (!place) return;
          const holder = place.holder as Record<string, Json>;
          if (action === 'replace') holder[place.key] = value;
          else if (action === 'delete' && !Array.isArray(place.holder)) delete holder[place.key];
          else if (!Array.isArray(place.holder)) holder.surprise = value;
          const problems = schemaProblems(schema, copy);
          expect(accepts(copy) ? problems : []).toEqual([]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('refuses a document that lacks any of its fields, and so does the reader', () => {
    const count = places(fresh()).length;
    const optional: string[] = [];
    for (let n = 0; n < count; n++) {
      const copy = fresh();
      const place = places(copy)[n];
      if (!place || Array.isArray(place.holder)) continue;
      delete place.holder[place.key];
      if (schemaProblems(schema, copy).length === 0 || accepts(copy)) optional.push(String(place.key));
    }
    expect(optional.filter((key) => !OPTIONAL.includes(key))).toEqual([]);
  });
});

describe('schemas/certificate-2.schema.json', () => {
  it.each(MEDIA)('knows the medium that the inventory calls %s', (medium) => {
    const copy = structuredClone(document);
    for (const exception of copy.exceptions) exception.medium = medium;
    expect(copy.exceptions.length).toBeGreaterThan(0);
    expect(accepts(copy)).toBe(true);
    expect(schemaProblems(published(2), copy)).toEqual([]);
  });
});

describe('a certificate of version 1', () => {
  it.each([
    ['run', 'sweep'],
    ['statement', 'physical'],
  ] as const)('still reads, in the words of version 2: %s', (name, kind) => {
    const written = versionOne(name);
    const read = parseCertificate(Buffer.from(serialize(written)));
    expect(read.subject).toEqual({ kind, id: written.run_id, ground: null });
    expect(read.totals).toMatchObject(written.totals as object);
    expect(read.items.map(({ id }) => id)).toEqual((written.items as { id: string }[]).map(({ id }) => id));
    expect(schemaProblems(published(2), read)).toEqual([]);
  });

  it('has no field of version 2', () => {
    expect(accepts({ ...versionOne('run'), signer: null })).toBe(false);
    expect(accepts({ ...certificateDocument(sampleFacts(1)), format: 'quietus-certificate/1' })).toBe(false);
  });
});
