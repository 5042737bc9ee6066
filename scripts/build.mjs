// Builds the program: dist/ with one entry for each file in src/commands, one for the command line itself and
// shared code in chunks, and oclif.manifest.json. Does nothing when both were made from the same inputs
// (`--force` builds anyway). dist/ is put together beside its place and swapped in whole, so that no run
// sees a half of it.
import { createHash, randomUUID } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';
import { build as bundle } from 'esbuild';
import { compileAssembly } from './compile-assembly.mjs';
import { joinChunks } from './join-chunks.mjs';
import { lazyRequires, ON_DEMAND } from './lazy-requires.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const STAMP = 'build-inputs.sha256';

/** Native, or reading files of their own while they run: they stay in node_modules. */
const EXTERNAL = [
  '#packages/*',
  'sqlite3',
  'pg',
  'pg-native',
  'pg-query-stream',
  'pdfkit',
  'dejavu-fonts-ttf',
];

/** CommonJS packages inside an ES module ask for `require` and for their own folder. */
const BANNER =
  "import{createRequire as __createRequire}from'node:module';" +
  'const require=__createRequire(import.meta.url),__filename=import.meta.filename,__dirname=import.meta.dirname;';

/** Names are kept for stack traces; without them it was measured to start no faster. */
const COMMON = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'error',
};

const MODULES = {
  splitting: true,
  format: 'esm',
  chunkNames: 'chunks/[name]-[hash]',
  external: EXTERNAL,
  banner: { js: BANNER },
};

/** What every command loads: the command line, then what a command is made of, then an open workspace. */
const JOINED = {
  start: ['virtual:quietus:program'],
  command: ['src/commands/inventory/list.ts'],
  session: ['src/session/index.ts', 'src/workspace/index.ts'],
};

/**
 * Builds in the repository itself, unless that was done already.
 * @returns {Promise<boolean>} whether anything was built
 */
export async function build({ force = false } = {}) {
  const digest = inputsDigest();
  if (!force && isUpToDate(digest)) return false;
  const fresh = join(root, `dist.${randomUUID()}`);
  try {
    const manifest = await bundleInto(fresh);
    writeFileSync(join(fresh, STAMP), `${digest}\n`);
    swapIn(fresh, join(root, 'dist'));
    const temporary = `${fresh}.manifest.json`;
    writeFileSync(temporary, manifest);
    renameSync(temporary, join(root, 'oclif.manifest.json'));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return true;
}

/**
 * Builds a complete program in an empty folder of its own, from the sources as they are now: for tests, which
 * so can neither run an old build nor lose theirs to somebody who builds at the same time.
 */
export async function buildProgram(folder) {
  for (const part of ['package.json', 'bin', 'src/schedule/templates', 'src/transfer/wordlist'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'oclif.manifest.json'), await bundleInto(join(folder, 'dist')));
}

/** Bundles one more entry in the same way, such as a program for tests. */
export async function buildEntry(entry, folder) {
  await bundle({ ...COMMON, ...MODULES, entryPoints: [entry], outdir: folder, plugins: [lazyRequires()] });
}

/**
 * Bundles every `src/…-worker.ts`, the code of a thread, into a file of its own: a thread loads nothing that it
 * does not need. package.json's `imports` has their place.
 */
export async function buildWorkers(folder) {
  const source = join(root, 'src');
  const files = readdirSync(source, { recursive: true }).filter((name) => name.endsWith('-worker.ts'));
  await bundle({
    ...COMMON,
    ...MODULES,
    splitting: false,
    entryPoints: files.map((name) => join(source, name)),
    entryNames: '[name]',
    outdir: folder,
  });
}

/** Compiles every `src/…/assembly/…-check.ts`, which is AssemblyScript, to WebAssembly. package.json's `imports` has their place. */
export async function buildAssembly(folder) {
  const source = join(root, 'src');
  const files = readdirSync(source, { recursive: true }).filter((name) =>
    /\bassembly[/\\].*-check\.ts$/.test(name),
  );
  for (const file of files) await compileAssembly(join(source, file), folder);
}

/** Digest of everything in the repository that the build reads. */
function inputsDigest() {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  files.push(
    'package.json',
    'package-lock.json',
    'scripts/build.mjs',
    'scripts/compile-assembly.mjs',
    'scripts/lazy-requires.mjs',
    'scripts/join-chunks.mjs',
  );
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const bytes = readFileSync(join(root, file));
    hash.update(`${file.split(sep).join('/')}\n${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}

function isUpToDate(digest) {
  const stamp = join(root, 'dist', STAMP);
  const complete = existsSync(stamp) && existsSync(join(root, 'oclif.manifest.json'));
  return complete && readFileSync(stamp, 'utf8').trim() === digest;
}

/** Bundles into the folder, and returns the text of the manifest. */
async function bundleInto(folder) {
  const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const commands = commandFiles();
  const { metafile } = await bundle({
    ...COMMON,
    ...MODULES,
    entryPoints: { main: 'quietus:program', ...commands.entries },
    outdir: folder,
    metafile: true,
    plugins: [virtualModule('quietus:program', programSource(pjson, commands)), lazyRequires()],
  });
  await joinChunks(folder, metafile, JOINED);
  await bundle({
    ...COMMON,
    entryPoints: ON_DEMAND,
    outdir: join(folder, 'packages'),
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
  });
  await buildWorkers(join(folder, 'workers'));
  await buildAssembly(join(folder, 'wasm'));
  // For whoever looks into what a command loads: https://esbuild.github.io/analyze/
  const { QUIETUS_BUILD_METAFILE: report } = process.env;
  if (report) writeFileSync(report, JSON.stringify(metafile));
  return manifestOf(folder, pjson);
}

/** Every file in src/commands is a command; its path is its name. */
function commandFiles() {
  const folder = join(root, 'src', 'commands');
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) =>
      relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/').replace(/\.ts$/, ''),
    )
    .sort();
  return {
    names,
    entries: Object.fromEntries(names.map((name) => [`commands/${name}`, `src/commands/${name}.ts`])),
  };
}

/** The module that ties the command line to the commands and topics that this build has. */
function programSource(pjson, { names }) {
  const used = [...new Set(names.filter((name) => name.includes('/')).map((name) => name.split('/')[0]))];
  const topics = Object.fromEntries(used.map((topic) => [topic, pjson.oclif.topics[topic]?.description]));
  const unexplained = used.filter((topic) => !topics[topic]);
  if (unexplained.length > 0)
    throw new Error(`package.json: oclif.topics has no description of ${unexplained.join(', ')}`);
  const commands = names.map(
    (name) =>
      `${JSON.stringify(name.replaceAll('/', ' '))}: () => import(${JSON.stringify(`./src/commands/${name}.ts`)}),`,
  );
  return `
    import { dirname } from 'node:path';
    import { main } from './src/cli/main.ts';
    const program = {
      root: dirname(import.meta.dirname),
      version: ${JSON.stringify(pjson.version)},
      topics: ${JSON.stringify(topics)},
      commands: {${commands.join('\n')}},
    };
    export const run = (argv) => main(argv, program);
  `;
}

function virtualModule(name, contents) {
  return {
    name: 'virtual-module',
    setup(api) {
      api.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: name, namespace: 'virtual' }));
      api.onLoad({ filter: /.*/, namespace: 'virtual' }, () => ({
        contents,
        loader: 'ts',
        resolveDir: root,
      }));
    },
  };
}

/** What help, completion and docs/commands.md are made from. */
async function manifestOf(folder, pjson) {
  const parent = dirname(folder);
  const plugin = new Plugin({
    root: parent,
    isRoot: true,
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
    pjson: { ...pjson, oclif: { ...pjson.oclif, commands: `./${relative(parent, folder)}/commands` } },
  });
  await plugin.load();
  for (const command of Object.values(plugin.manifest.commands))
    command.summary ??= firstSentence(command.description);
  const text = JSON.stringify(plugin.manifest, null, 2);
  return `${text.replaceAll(JSON.stringify(relative(parent, folder)), '"dist"')}\n`;
}

/** For lists of commands; a period inside `M.G.L. c. 93I` ends no sentence. */
function firstSentence(text = '') {
  return /^[^\n]*?\.(?=\s+[A-Z]|\n|$)|^[^\n]*/.exec(text)[0].replace(/\.$/, '');
}

function swapIn(fresh, dist) {
  const old = `${fresh}.old`;
  for (let attempt = 0; ; attempt += 1) {
    try {
      mkdirSync(dist, { recursive: true });
      renameSync(dist, old);
      renameSync(fresh, dist);
      break;
    } catch (error) {
      // Another build swapped its own in between these lines.
      rmSync(old, { recursive: true, force: true });
      if (attempt === 10) throw error;
    }
  }
  rmSync(old, { recursive: true, force: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const built = await build({ force: process.argv.includes('--force') });
    process.stdout.write(built ? 'built dist/ and oclif.manifest.json\n' : 'dist/ is up to date\n');
  } catch (error) {
    // esbuild has printed its own errors, with the lines that they are about.
    if (!('errors' in error)) throw error;
    process.exitCode = 1;
  }
}
