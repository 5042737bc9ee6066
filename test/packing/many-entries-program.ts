import { unpack } from '../../src/packing/index.js';
import { tarHeader } from '../../src/packing/tar-header.js';

/** Extracts as many symbolic links as told, the last of which leaves the folder, and prints the peak memory in MB. */
const [target = '', links = ''] = process.argv.slice(2);
const AT_A_TIME = 1000;

async function* pack() {
  for (let from = 0; from < Number(links); from += AT_A_TIME) yield Buffer.concat(headers(from));
  yield link('last', '../outside');
  yield Buffer.alloc(1024);
}

function headers(from: number): Buffer[] {
  return Array.from({ length: AT_A_TIME }, (_, index) =>
    link(`folder-${from}/a document of some length ${from + index}.txt`, `another document ${index}.txt`),
  );
}

function link(name: string, linkTarget: string): Buffer {
  return tarHeader({ type: 'link', name, target: linkTarget, mode: 0o777, size: 0, mtimeNs: 0n });
}

const outcome = await unpack(pack(), target).then(
  () => 'extracted',
  (error: { code?: string }) => error.code,
);
process.stdout.write(`${outcome} ${Math.round(process.resourceUsage().maxRSS / 1024)}\n`);
