import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { currentAccount } from '../../src/operators/index.js';
import {
  createWorkspace,
  openSession,
  type Session,
  type WorkspaceRequest,
} from '../../src/session/index.js';
import { type Clock, workspacePaths } from '../../src/workspace/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { TestClock } from './test-clock.js';

export { TestClock };

/** A request for a workspace of this account, with an unattended key so that no test waits for scrypt. */
export function workspaceRequest(root: string, changes: Partial<WorkspaceRequest> = {}): WorkspaceRequest {
  return {
    root,
    organization: { name: 'Acme Dental', address: null },
    timeZone: 'America/New_York',
    fiscalYearEnd: '12-31',
    limits: { maxItems: 1000, maxClassPercent: 20 },
    approvals: { minimum: 1, plannerMayApprove: true },
    operator: { id: 'jdoe', name: 'Jane Doe' },
    account: currentAccount(),
    passphrase: null,
    clock: new TestClock(),
    ...changes,
  };
}

/** A fresh workspace that is removed when the test ends. @returns its root */
export async function sampleWorkspace(changes: Partial<WorkspaceRequest> = {}): Promise<string> {
  const { paths } = await createWorkspace(workspaceRequest(join(temporaryFolder(), 'workspace'), changes));
  return paths.root;
}

/** A session in a fresh workspace, closed and removed when the test ends. */
export async function sampleSession(options: { clock?: Clock; command?: string } = {}): Promise<Session> {
  const clock = options.clock ?? new TestClock();
  const root = await sampleWorkspace({ clock });
  const session = await openSession({
    paths: workspacePaths(root),
    command: options.command ?? 'test',
    clock,
  });
  onTestFinished(() => session.close());
  return session;
}
