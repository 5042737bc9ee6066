// Fails when a folder of src/ imports from a folder above it, past another folder's index.ts, or in a circle
// of files. The order below is the one in docs/architecture.md.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const LAYERS = [
  'commands',
  'cli',
  'demo',
  'unattended',
  'retention',
  'disposal',
  'transfer',
  'archive',
  'inventory',
  'holds',
  'schedule',
  'certificate',
  'shred',
  'recipients',
  'identities',
  'session',
  'operators',
  'audit',
  'store',
  'packing',
  'crypto',
  'workspace',
  'model',
];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'src');
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"]+)\1/g;

const files = readdirSync(source, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => relative(source, join(entry.parentPath, entry.name)));

const problems = [];
const graph = new Map();
for (const file of files) {
  const layer = file.split(sep)[0];
  if (!LAYERS.includes(layer)) problems.push(`${file}: src/${layer} is not a known layer`);
  const targets = [];
  for (const match of readFileSync(join(source, file), 'utf8').matchAll(IMPORT)) {
    const target = normalize(join(dirname(file), match[2])).replace(/\.js$/, '.ts');
    targets.push(target);
    const targetLayer = target.split(sep)[0];
    if (targetLayer === layer) continue;
    if (LAYERS.indexOf(targetLayer) < LAYERS.indexOf(layer)) {
      problems.push(`${file}: imports upward from src/${targetLayer}`);
    } else if (target !== join(targetLayer, 'index.ts')) {
      problems.push(`${file}: imports ${target}, past src/${targetLayer}/index.ts`);
    }
  }
  graph.set(file, targets);
}
if (files.length === 0) problems.push('no source files found: the check would prove nothing');

const visited = new Map();
function visit(file, trail) {
  if (visited.get(file) === 'open') {
    problems.push(`circular imports: ${[...trail.slice(trail.indexOf(file)), file].join(' -> ')}`);
    return;
  }
  if (visited.has(file) || !graph.has(file)) return;
  visited.set(file, 'open');
  for (const target of graph.get(file)) visit(target, [...trail, file]);
  visited.set(file, 'done');
}
for (const file of files) visit(file, []);

for (const problem of problems) console.error(problem);
console.log(`layers: ${files.length} files, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
