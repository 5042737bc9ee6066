import type { Recorder } from '../audit/index.js';
import type { Operator } from '../model/index.js';
import type { Store } from '../store/index.js';
import type { Clock, Settings, WorkspacePaths } from '../workspace/index.js';
import type { Account } from './operator-account.js';

/** What work on operators needs of a session. */
export interface OperatorDesk {
  readonly paths: WorkspacePaths;
  readonly store: Store;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly account: Account;
  settings(): Settings;
  /** The active operator who is bound to this account. @throws Fault `operator-unknown` */
  operator(): Promise<Operator>;
}
