import type { ItemWork } from './item-work.js';
import { type DisposalContext, overwritePending } from './overwriting-phase.js';
import { OuterFolders, removeOverwritten } from './removal-phase.js';

/** Overwrites, marks and removes; all outcomes are in the works afterwards. */
export async function carryOut(works: readonly ItemWork[], context: DisposalContext): Promise<void> {
  const outer = new OuterFolders();
  await carryOutGroup(
    works.filter((work) => work.isSmall),
    context,
    outer,
  );
  for (const work of works) if (!work.isSmall) await carryOutGroup([work], context, outer);
  await outer.flush(context);
}

async function carryOutGroup(
  works: readonly ItemWork[],
  context: DisposalContext,
  outer: OuterFolders,
): Promise<void> {
  for (let open = await nextPages(works); open.length > 0; open = await nextPages(open)) {
    const marks = await overwritePending(open, context);
    if (marks.length > 0) await context.journal.overwritten(marks);
    for (const { itemId, index } of marks) context.observe({ step: 'marked', itemId, fileIndex: index });
    await removeOverwritten(open, context, outer);
  }
}

async function nextPages(works: readonly ItemWork[]): Promise<ItemWork[]> {
  const open: ItemWork[] = [];
  for (const work of works) if (await work.advance()) open.push(work);
  return open;
}
