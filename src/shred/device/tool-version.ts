import { runTool } from '../system-tool.js';

/** What a tool says of its version: the first number with a dot in its answer; `unknown` where there is none. */
export async function versionOf(path: string, parameters: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runTool(path, parameters, { timeoutMs: 10_000 });
  const said = `${stdout.toString('latin1')} ${stderr.toString('latin1')}`.slice(0, 2000);
  return /\d+(?:\.\d+)+/.exec(said)?.[0] ?? 'unknown';
}
