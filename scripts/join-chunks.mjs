// Joins the chunks that every start of a command loads. The bundler puts together what the same entries reach, and with
// a hundred commands that makes dozens of small files, each of which costs a start more to find and open than to run.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** How esbuild writes its imports of chunks, minified. */
const IMPORT = /import(?:\{([^}]*)\}from)?"(\.{1,2}\/(?:[./]|chunks\/)*)(chunk-[A-Z0-9]+\.js)";/g;

/**
 * @param {string} folder the built program: main.js, commands/ and chunks/
 * @param {import('esbuild').Metafile} metafile of the build
 * @param {Record<string, readonly string[]>} groups for each joined file the entries, as sources, that load its chunks;
 *   a chunk goes into the first group that reaches it
 */
export async function joinChunks(folder, metafile, groups) {
  const graph = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]));
  const entries = new Map(
    Object.entries(metafile.outputs).map(([path, { entryPoint }]) => [entryPoint, path]),
  );
  const taken = new Map();
  for (const [group, roots] of Object.entries(groups)) {
    for (const root of roots) {
      if (!entries.has(root)) throw new Error(`${root} is no entry of the build`);
      for (const chunk of reached(metafile, entries.get(root)))
        if (!taken.has(chunk)) taken.set(chunk, { group, prefix: `j${taken.size}_` });
    }
  }
  const chunks = join(folder, 'chunks');
  for (const group of Object.keys(groups)) {
    const own = [...taken.keys()].filter((chunk) => taken.get(chunk).group === group);
    await joinInto(join(chunks, `${group}.js`), own, (chunk) => ({
      exports: graph.get(chunk).exports,
      prefix: taken.get(chunk).prefix,
    }));
  }
  for (const chunk of taken.keys()) rmSync(join(chunks, chunk));
  for (const file of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.js')))
    redirect(join(folder, file), taken);
}

/** The chunks that an output loads before it runs, deepest first; outputs that are entries themselves stay what they are. */
function reached(metafile, output, seen = new Set()) {
  for (const { path, kind } of metafile.outputs[output].imports) {
    if (kind !== 'import-statement' || !(path in metafile.outputs)) continue;
    reached(metafile, path, seen);
    if (metafile.outputs[path].entryPoint === undefined) seen.add(basename(path));
  }
  return seen;
}

async function joinInto(outfile, own, about) {
  const contents = own.map((chunk) => {
    const { exports, prefix } = about(chunk);
    return `export {${exports.map((name) => `${name} as ${prefix}${name}`).join(',')}} from './${chunk}';`;
  });
  const inside = new Set(own);
  await build({
    stdin: { contents: contents.join('\n'), resolveDir: join(outfile, '..'), loader: 'js' },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'error',
    plugins: [
      {
        name: 'only-the-group',
        setup(api) {
          api.onResolve({ filter: /.*/ }, ({ path }) =>
            inside.has(basename(path)) && path.startsWith('./') ? undefined : { path, external: true },
          );
        },
      },
    ],
  });
}

function redirect(file, taken) {
  const source = readFileSync(file, 'utf8');
  const result = source.replace(IMPORT, (statement, names, folders, chunk) => {
    const place = taken.get(chunk);
    if (place === undefined) return statement;
    const target = `"${folders}${place.group}.js";`;
    if (names === undefined) return `import${target}`;
    const renamed = names.split(',').map((name) => {
      const [from, to = from] = name.split(' as ');
      return `${place.prefix}${from} as ${to}`;
    });
    return `import{${renamed.join(',')}}from${target}`;
  });
  const left = [...taken.keys()].find((chunk) => result.includes(`/${chunk}"`));
  if (left !== undefined) throw new Error(`${file} imports ${left} in a way that is not understood`);
  if (result !== source) writeFileSync(file, result);
}
