// Measures whole processes from outside: wall and CPU time in milliseconds by bash's `time`, peak memory by
// GNU time where it is installed. Commands alternate (A B A B …), so that a machine that slows down slows both.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, release } from 'node:os';

// It would cost every start of node, and nothing else, the reading of these certificates (90 ms).
delete process.env.NODE_EXTRA_CA_CERTS;

const GNU_TIME = '/usr/bin/time';

/**
 * @param {Record<string, { command: string[], env?: Record<string, string>, cwd?: string, before?: () => void, expect?: number[] }>} candidates
 * @param {{ runs: number, warmup?: number }} options
 * @returns {Record<string, { wall: number, cpu: number, rss: number | null, runs: number }>} medians; seconds and MB
 */
export function alternate(candidates, { runs, warmup = 1 }) {
  const samples = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
  for (let round = -warmup; round < runs; round += 1) {
    for (const [name, candidate] of Object.entries(candidates)) {
      candidate.before?.();
      const sample = once(candidate);
      if (round >= 0) samples[name].push(sample);
    }
  }
  return Object.fromEntries(
    Object.entries(samples).map(([name, list]) => [
      name,
      {
        wall: median(list.map(({ wall }) => wall)),
        cpu: median(list.map(({ cpu }) => cpu)),
        rss: list[0].rss === null ? null : median(list.map(({ rss }) => rss)),
        runs: list.length,
      },
    ]),
  );
}

function once({ command, env, cwd, expect = [0] }) {
  const timed = existsSync(GNU_TIME) ? [GNU_TIME, '-f', 'RSS %M', ...command] : command;
  const script = `TIMEFORMAT='TIME %3R %3U %3S'; time "$@" >/dev/null`;
  const result = spawnSync('bash', ['-c', script, 'bash', ...timed], {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (!expect.includes(result.status)) {
    throw new Error(`${command.join(' ')} ended with ${result.status}: ${result.stderr}`);
  }
  const time = /TIME (\S+) (\S+) (\S+)/.exec(result.stderr);
  const rss = /RSS (\d+)/.exec(result.stderr);
  return {
    wall: Number(time[1]),
    cpu: Number(time[2]) + Number(time[3]),
    rss: rss ? Number(rss[1]) / 1024 : null,
  };
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** One line about the machine, for bench/RESULTS.md. */
export function machine() {
  const cpu = cpus();
  return `${cpu.length} x ${cpu[0]?.model ?? 'unknown'}, Linux ${release()}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`;
}

/** Prints a Markdown table. */
export function table(heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  console.log([line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n'));
}

export function seconds(value) {
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`;
}
