import { type Outcome, outcomeReasons } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { Disposal, StoredItem } from '../store/index.js';

/** An active item that the last run that dealt with it did not destroy, or not as a whole. */
export interface FailedDisposal {
  item: StoredItem;
  outcome: Outcome;
  /** One sentence, without personal information. */
  explanation: string;
}

const FAILURES: readonly Outcome[] = ['failed', 'refused', 'already-gone', 'unknown'];
const IDS = 900;

/** What runs left behind, in the order of ids. The next plan takes up what is still due. */
export async function* failedDisposals({ store }: Pick<Session, 'store'>): AsyncGenerator<FailedDisposal> {
  const ids = await store.disposals.activeItemsAfter(FAILURES);
  for (let at = 0; at < ids.length; at += IDS) {
    for (const item of (await store.items.byIds(ids.slice(at, at + IDS))).values()) {
      const last = (await store.disposals.ofItem(item.id)).at(-1);
      if (last?.outcome && FAILURES.includes(last.outcome))
        yield { item, outcome: last.outcome, explanation: explained(last.outcome, last) };
    }
  }
}

function explained(outcome: Outcome, { result }: Disposal): string {
  const texts = outcomeReasons(result).map(({ text }) => text.replace(/\.$/, ''));
  const { files = 0, filesPlanned = 0 } = (result === null ? {} : JSON.parse(result)) as Counts;
  const part = files > 0 ? [`${files} of its ${filesPlanned} files were destroyed before`] : [];
  return [`The last run ended with the outcome ${outcome}`, ...texts, ...part].join('; ');
}

/** What the result of an item of files says of them. */
interface Counts {
  files?: number;
  filesPlanned?: number;
}
