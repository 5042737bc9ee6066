import { spawn } from 'node:child_process';

export interface ToolResult {
  status: number;
  stdout: string;
}

/** Runs a program of the system, found by PATH, without a shell. @returns null where this account has no such program */
export function runTool(name: string, parameters: readonly string[], input = ''): Promise<ToolResult | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, parameters, { stdio: ['pipe', 'pipe', 'ignore'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      // EACCES also where it is in no folder of PATH, and this account may not look into one of them.
      if (error.code === 'ENOENT' || error.code === 'EACCES') resolve(null);
      else reject(error);
    });
    child.on('close', (status) => resolve({ status: status ?? -1, stdout }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
