// An esbuild plugin that keeps what a command does not use out of its start-up.
//
// TypeScript's CommonJS output names every import once (`const config_1 = require("./config")`) and reads it
// through that name (`config_1.Config`). Importing the Command class of @oclif/core so runs its configuration
// loader, its help renderer and the packages behind them, of which a command that was found needs nothing:
// 60 ms. With this plugin the name becomes a property that requires at the first use. The order of side
// effects between modules changes; nothing else does.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const OCLIF = /[\\/]node_modules[\\/]@oclif[\\/]core[\\/]lib[\\/].*\.js$/;
const OCLIF_IMPORT =
  /^(?:const|var) (\w+) = (?:(__importDefault|__importStar)\(require\("([^"]+)"\)\)|require\("([^"]+)"\));$/gm;

/**
 * Imports of oclif that nothing here reaches, because src/cli has its own life cycle, error output and help
 * flag. Reaching one after all would be a defect of ours, and says so.
 */
const UNUSED_IN_OCLIF = {
  'command.js': [
    './config',
    './help/util',
    './ux',
    './logger',
    './parser',
    './util/aggregate-flags',
    './util/ids',
  ],
  'errors/error.js': ['../logger', './errors/pretty-print'],
  'errors/errors/cli.js': ['indent-string', 'wrap-ansi'],
  'errors/index.js': ['./handle'],
  'errors/warn.js': ['../logger', './errors/pretty-print'],
  'flags.js': ['./help'],
  'parser/index.js': ['./help'],
  'parser/parse.js': ['../logger'],
};

/** The parts of knex that are not used: other databases (their drivers are not installed), its migration tool. */
const UNUSED_IN_KNEX =
  /[\\/]knex[\\/]lib[\\/](?:migrations|dialects[\\/](?:better-sqlite3|cockroachdb|mariadb|mssql|mysql|mysql2|oracle|oracledb|pgnative|redshift))[\\/].*\.js$/;

/**
 * What knex traces with. With DEBUG=knex:bindings it would print every value that goes into the database, personal
 * information included, so it is left out; and it looks for a terminal at every start.
 */
const TRACING = /[\\/]node_modules[\\/](?:knex[\\/]node_modules[\\/])?debug[\\/]src[\\/]index\.js$/;

/**
 * Packages that low layers import and few commands use. Each is bundled into a file of its own in
 * dist/packages/, which is read at the first use of anything in it; package.json's `imports` has the path.
 */
export const ON_DEMAND = ['yaml'];

/** Where knex names its schema builders, which only a change of the schema uses. */
const KNEX_SCHEMA =
  /[\\/]knex[\\/]lib[\\/](?:client|knex-builder[\\/]Knex|dialects[\\/]sqlite3[\\/]index)\.js$/;
const KNEX_SCHEMA_IMPORT = /^const (\w+) = ()()require\('(\.{1,2}\/schema\/[^']+)'\);$/gm;

/** Modules of Node that take milliseconds to load, and that many files import for the sake of few commands. */
const BUILT_IN = [
  'node:child_process',
  'node:crypto',
  'node:http',
  'node:https',
  'node:readline',
  'node:timers/promises',
  'node:worker_threads',
];

export function lazyRequires() {
  return {
    name: 'lazy-requires',
    setup(api) {
      api.onResolve(
        { filter: new RegExp(`^(?:${[...ON_DEMAND, ...BUILT_IN].join('|')})$`) },
        ({ path, kind, namespace }) =>
          kind === 'entry-point' || namespace === 'on-demand' ? undefined : { path, namespace: 'on-demand' },
      );
      api.onLoad({ filter: /.*/, namespace: 'on-demand' }, async ({ path }) => ({
        contents: onDemand(path, Object.keys(await import(path))),
        loader: 'js',
      }));
      api.onLoad({ filter: OCLIF }, async ({ path }) => {
        const name = path.split(/[\\/]core[\\/]lib[\\/]/)[1].replaceAll('\\', '/');
        const source = await readFile(path, 'utf8');
        return { contents: makeLazy(source, OCLIF_IMPORT, UNUSED_IN_OCLIF[name]), loader: 'js' };
      });
      api.onLoad({ filter: KNEX_SCHEMA }, async ({ path }) => ({
        contents: makeLazy(await readFile(path, 'utf8'), KNEX_SCHEMA_IMPORT),
        loader: 'js',
      }));
      api.onLoad({ filter: UNUSED_IN_KNEX }, () => ({
        contents: `module.exports = ${absent('this part of knex')};`,
      }));
      api.onLoad({ filter: TRACING }, () => ({
        contents: 'module.exports = () => Object.assign(() => {}, { enabled: false });',
      }));
      // A `require` of our own is for a package that is not wanted at every start: in the bundle, the bundler's.
      api.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
        const source = (await readFile(path, 'utf8')).replace(
          'const require = createRequire(import.meta.url);',
          '',
        );
        return { contents: await pastIndexes(source, path), loader: 'ts' };
      });
    },
  };
}

/**
 * @param {string} source a CommonJS module
 * @param {RegExp} imports statements to make lazy; groups: name, interop function, its module, or the module
 * @param {readonly string[]} unused modules to leave out
 * @returns {string} the same module with lazy imports
 */
function makeLazy(source, imports, unused = []) {
  const getters = [];
  let body = source;
  for (const [statement, name, interop, wrapped, plain] of source.matchAll(imports)) {
    const module = JSON.stringify(wrapped || plain);
    const loaded = !interop ? `require(${module})` : `${interop}(require(${module}))`;
    const value = unused.includes(wrapped || plain) ? absent(`${wrapped || plain} of @oclif/core`) : loaded;
    // A property and not a call, so that `new parse_1.Parser()` keeps its meaning.
    getters.push(
      `get ${name}() { const value = ${value}; Object.defineProperty(this, "${name}", { value }); return value; }`,
    );
    const uses = new RegExp(`(?<![\\w$.'"/])${name}(?![\\w$'"/])`, 'g');
    body = body.replace(statement, '').replaceAll(uses, `__lazy.${name}`);
  }
  return `const __lazy = { ${getters.join(', ')} };\n${body}`;
}

/** A CommonJS module with the exports of the package, each of which loads the package when it is read. */
function onDemand(name, exports) {
  const getters = exports.map((key) => {
    // A CommonJS module has no default export: it is one.
    const value =
      key === 'default'
        ? '("default" in load() ? load().default : load())'
        : `load()[${JSON.stringify(key)}]`;
    return `${JSON.stringify(key)}: { enumerable: true, get: () => ${value} }`;
  });
  return `
    let loaded;
    const load = () => (loaded ??= require(${JSON.stringify(name.startsWith('node:') ? name : `#packages/${name}`)}));
    Object.defineProperties(exports, { __esModule: { value: true }, ${getters.join(', ')} });
  `;
}

/** An expression that stands for a module or anything in it, and throws when it is called. */
function absent(what) {
  const fail = `() => { throw new Error(${JSON.stringify(`${what} is not in the bundle`)}); }`;
  return `(() => {
    const fail = ${fail};
    const all = new Proxy(function () {}, {
      get: (target, name) => (name === "prototype" ? target.prototype : all),
      apply: fail,
      construct: fail,
    });
    return all;
  })()`;
}

const INDEX_IMPORT = /^import \{([^}]*)\} from '(\.{1,2}\/[^']*index\.js)';$/gm;
const RE_EXPORT = /^export \{([^}]*)\} from '(\.\/[^']+)';$/gm;
/** For each index.ts: the file that each name comes from, relative to its folder. */
const indexes = new Map();

/**
 * Writes imports from a folder's index.ts as imports from the files behind it. A bundler puts together what the same
 * entries reach, and reaches all of an index that any command loads as a whole: a command would load the verification of
 * the log to append an entry.
 */
async function pastIndexes(source, path) {
  const statements = [...source.matchAll(INDEX_IMPORT)];
  let result = source;
  for (const [statement, names, target] of statements) {
    const index = join(dirname(path), target.replace(/\.js$/, '.ts'));
    const places = await placesOf(index);
    const lines = namesOf(names).map((name) => {
      const file = places.get(name.split(' ')[0]);
      const from = file === undefined ? target : `${dirname(target)}/${file}`;
      return `import { ${name} } from '${from}';`;
    });
    result = result.replace(statement, () => lines.join('\n'));
  }
  return result;
}

async function placesOf(index) {
  const known = indexes.get(index);
  if (known) return known;
  const places = new Map();
  for (const [, names, file] of (await readFile(index, 'utf8')).matchAll(RE_EXPORT))
    for (const name of namesOf(names)) if (!name.includes(' ')) places.set(name, file);
  indexes.set(index, places);
  return places;
}

/** The values of an import or export list; types are no code. */
function namesOf(list) {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '));
}
