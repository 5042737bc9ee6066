import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, constantFrom, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certificateDocument, serialize, validateCertificate } from '../../src/certificate/index.js';
import { schemaProblems } from './json-schema.js';
import { exception, item, log, paperItem, residualItem, sampleFacts } from './sample-facts.js';

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../schemas/certificate-1.schema.json'), 'utf8'),
) as Record<string, unknown>;

const document = certificateDocument(
  sampleFacts(5, {
    items: [
      item(0),
      residualItem(1),
      paperItem(2),
      item(3, { title: null, keepUntil: null, dataSubjects: null }),
    ],
    exceptions: [exception(1), exception(2, { title: null, recordClass: null, log: log(104, 105) })],
  }),
);

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

describe('schemas/certificate-1.schema.json', () => {
  it('accepts the documents of certificates', () => {
    expect(schemaProblems(schema, document)).toEqual([]);
    expect(schemaProblems(schema, JSON.parse(serialize(certificateDocument(sampleFacts(40)))))).toEqual([]);
  });

  it('asks for exactly the fields that the documents have, in their order', () => {
    const properties = schema.properties as Record<string, { properties?: object }>;
    expect(Object.keys(properties)).toEqual(Object.keys(document));
    expect(schema.required).toEqual(Object.keys(document));
    const defs = schema.$defs as Record<string, { properties: object; required: string[] }>;
    expect(Object.keys(defs.item?.properties ?? {})).toEqual(Object.keys(document.items[0] ?? {}));
    expect(defs.item?.required).toEqual(Object.keys(document.items[0] ?? {}));
    expect(defs.exception?.required).toEqual(Object.keys(document.exceptions[0] ?? {}));
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
          const copy = structuredClone(document) as unknown as Json;
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
      { numRuns: 600 },
    );
  });

  it('refuses a document that lacks any of its fields, and so does the reader', () => {
    const count = places(structuredClone(document) as unknown as Json).length;
    const optional: string[] = [];
    for (let n = 0; n < count; n++) {
      const copy = structuredClone(document) as unknown as Json;
      const place = places(copy)[n];
      if (!place || Array.isArray(place.holder)) continue;
      delete place.holder[place.key];
      if (schemaProblems(schema, copy).length === 0 || accepts(copy)) optional.push(String(place.key));
    }
    expect(optional).toEqual([]);
  });
});
