import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** SIGHUP in the masks of proc(5): the lowest bit. */
const HANG_UP = 1n;
/** O_WRONLY and O_RDWR in the flags of proc(5). */
const ACCESS_MODE = 0o3;
const WRITE_ONLY = 0o1;

/**
 * Whether whoever started the program wanted it to outlive its terminal (nohup). Node makes every signal that was
 * ignored a deadly one again before it runs any of our code, so that the process itself does not show it any more.
 * What does: a parent that ignores SIGHUP, as the shell of a script under nohup; the standard input that GNU nohup
 * puts in place of a terminal, which cannot be read; and the variable in which bash, zsh and ksh tell a program the
 * path of the command that they started. Outside of Linux only the last.
 */
export function startedWithoutHangUp(): boolean {
  return basename(process.env._ ?? '') === 'nohup' || parentIgnoresHangUp() || standsInForTerminal();
}

function parentIgnoresHangUp(): boolean {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(processFile(`${process.ppid}/status`))?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) & HANG_UP) !== 0n;
}

function standsInForTerminal(): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(processFile('self/fdinfo/0'))?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & ACCESS_MODE) === WRITE_ONLY;
}

/** Empty where there is no such file. */
function processFile(name: string): string {
  if (process.platform !== 'linux') return '';
  try {
    return readFileSync(`/proc/${name}`, 'latin1');
  } catch {
    return '';
  }
}
