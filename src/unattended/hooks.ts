import { isAboutClock } from '../audit/index.js';
import type { Session } from '../session/index.js';
import { onlyOwnerWrites, runCommand } from './command-hook.js';
import { postSummary } from './webhook.js';

export interface HookResult {
  hook: 'webhook' | 'command';
  /** What was wrong; undefined where it was delivered. */
  problem: string | undefined;
}

/**
 * Tells the hooks of quietus.yaml what a sweep did. What was done is done: a hook that fails is logged, and changes
 * nothing else.
 *
 * @param summary holds ids and counts only; it leaves the machine
 */
export async function runHooks(
  session: Session,
  summary: Readonly<Record<string, unknown>>,
): Promise<HookResult[]> {
  const { webhook, command } = session.settings().hooks;
  const text = `${JSON.stringify(summary)}\n`;
  const results: HookResult[] = [];
  if (webhook !== null) results.push({ hook: 'webhook', problem: await postSummary(webhook, text) });
  if (command !== null) {
    const safe = onlyOwnerWrites(session.paths.settings);
    const problem = safe ? await runCommand(command, text) : 'settings-writable-by-others';
    results.push({ hook: 'command', problem });
  }
  const failed = results.filter(({ problem }) => problem !== undefined);
  if (failed.length > 0 && mayLog(summary)) await logFailures(session, failed);
  return results;
}

/** With a wrong clock nothing is logged, for the entry would have the wrong time. */
function mayLog({ failure }: Readonly<Record<string, unknown>>): boolean {
  return !isAboutClock(String(failure));
}

async function logFailures(session: Session, failed: readonly HookResult[]): Promise<void> {
  await session.store.transaction((transaction) =>
    session.recorder.appendAll(
      transaction,
      failed.map(({ hook, problem }) => ({
        action: 'hook.run',
        outcome: 'failed' as const,
        data: { hook, code: problem },
      })),
    ),
  );
}
