/** What of JSON Schema (draft 2020-12) the published schema uses. Any other keyword is an error, so that none is ignored unseen. */
interface Schema {
  [keyword: string]: unknown;
}

const ANNOTATIONS = new Set(['$schema', '$id', 'title', 'description', '$defs', 'format']);

/** @returns the paths at which the value breaks the schema */
export function schemaProblems(root: Schema, value: unknown): string[] {
  return check(root, root, value, '');
}

function check(root: Schema, schema: Schema, value: unknown, path: string): string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    if (ANNOTATIONS.has(keyword)) return [];
    const test = KEYWORDS[keyword];
    if (!test) throw new Error(`The schema uses ${keyword}, which this test does not know`);
    return test({ root, schema, rule, value, path });
  });
}

interface Context {
  root: Schema;
  schema: Schema;
  rule: unknown;
  value: unknown;
  path: string;
}

const when = (holds: boolean, path: string) => (holds ? [] : [path]);

const KEYWORDS: Record<string, (context: Context) => string[]> = {
  $ref: ({ root, rule, value, path }) => check(root, resolve(root, String(rule)), value, path),
  anyOf: ({ root, rule, value, path }) =>
    when(
      (rule as Schema[]).some((option) => check(root, option, value, path).length === 0),
      path,
    ),
  type: ({ rule, value, path }) => when(isOfType(String(rule), value), path),
  const: ({ rule, value, path }) => when(rule === value, path),
  enum: ({ rule, value, path }) => when((rule as unknown[]).includes(value), path),
  pattern: ({ rule, value, path }) =>
    when(typeof value !== 'string' || new RegExp(String(rule), 'u').test(value), path),
  minLength: ({ rule, value, path }) =>
    when(typeof value !== 'string' || Array.from(value).length >= Number(rule), path),
  maxLength: ({ rule, value, path }) =>
    when(typeof value !== 'string' || Array.from(value).length <= Number(rule), path),
  minimum: ({ rule, value, path }) => when(typeof value !== 'number' || value >= Number(rule), path),
  maximum: ({ rule, value, path }) => when(typeof value !== 'number' || value <= Number(rule), path),
  minItems: ({ rule, value, path }) => when(!Array.isArray(value) || value.length >= Number(rule), path),
  items: ({ root, rule, value, path }) =>
    Array.isArray(value)
      ? value.flatMap((entry, index) => check(root, rule as Schema, entry, `${path}[${index}]`))
      : [],
  required: ({ rule, value, path }) =>
    isObject(value) ? (rule as string[]).filter((key) => !(key in value)).map((key) => `${path}.${key}`) : [],
  properties: ({ root, rule, value, path }) =>
    isObject(value)
      ? Object.entries(rule as Record<string, Schema>).flatMap(([key, property]) =>
          key in value ? check(root, property, value[key], `${path}.${key}`) : [],
        )
      : [],
  additionalProperties: ({ schema, rule, value, path }) => {
    if (rule !== false) throw new Error('Only additionalProperties: false is known');
    const known = Object.keys((schema.properties as object | undefined) ?? {});
    return isObject(value)
      ? Object.keys(value)
          .filter((key) => !known.includes(key))
          .map((key) => `${path}.${key}`)
      : [];
  },
};

function resolve(root: Schema, reference: string): Schema {
  const name = /^#\/\$defs\/(\w+)$/.exec(reference)?.[1] ?? '';
  const found = (root.$defs as Record<string, Schema>)[name];
  if (!found) throw new Error(`The schema refers to ${reference}, which it lacks`);
  return found;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'object') return isObject(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'null') return value === null;
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'string') return typeof value === 'string';
  throw new Error(`Unknown type ${type}`);
}
