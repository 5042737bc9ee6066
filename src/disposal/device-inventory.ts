import { lstatSync, readdirSync } from 'node:fs';
import { compileCoolingOff, compileHolds, type HeldItem, requireHoldsAsLogged } from '../holds/index.js';
import { badInput, type CalendarDate, type Reason } from '../model/index.js';
import { absentMountPoints, type DeviceFacts, deviceSpellings } from '../shred/index.js';
import type { Repositories } from '../store/index.js';
import { holdObjection } from './hold-objection.js';
import { linkedSpellings } from './linked-spellings.js';

/** A device that is to be sanitized, and what the person says of it. */
interface NamedDevice {
  device: DeviceFacts;
  itemId: string | null;
  planId: string | null;
}

/**
 * What inventory and holds have against sanitizing a device: a hold or its cooling-off period reaches it by any path that
 * leads to it, or reaches its item; the inventory has another item on it, or one that is away with it where it is mounted
 * otherwise; or its item is in no plan that was named. What is in the inventory goes when its period has ended and its
 * plan is approved.
 *
 * @throws Fault `item-unknown`, `item-not-device` (exit 2), as `requireHoldsAsLogged` (exit 5)
 */
export async function deviceInventoryObjections(
  repositories: Repositories,
  { device, itemId, planId }: NamedDevice,
  today: CalendarDate,
): Promise<Reason[]> {
  const nodes = deviceSpellings(device);
  const spellings = [
    ...new Set([...nodes, ...(await linkedSpellings(repositories, nodes)).flat()]),
  ].toSorted();
  const subjects: HeldItem[] = spellings.map((location) => ({ ...UNKNOWN, location }));
  const away = absentMountPoints(device);
  for (const location of away.filter(isEmpty)) {
    subjects.push({ ...UNKNOWN, medium: 'folder', location });
  }
  const item = itemId === null ? undefined : await deviceItem(repositories, itemId);
  if (item) subjects.push(item);
  const reasons = await holdReasons(repositories, subjects, today);
  const others = (await repositories.places.at(spellings)).filter(({ id }) => id !== itemId);
  if (others.length > 0) {
    const ids = [...new Set(others.map(({ id }) => id))].slice(0, 3).join(', ');
    reasons.push({ code: 'inventoried', text: `The inventory has ${ids} on it.` });
  }
  const absent = await itemAway(repositories, away);
  if (absent !== undefined) {
    const text = `The inventory has ${absent} in a folder where this device is mounted otherwise, and it is not there now.`;
    reasons.push({ code: 'inventoried', text });
  }
  if (itemId !== null && planId === null) {
    reasons.push({ code: 'item-not-planned', text: `No plan was named that disposes of ${itemId}.` });
  }
  return reasons;
}

/** Of a device nobody knows more than where it is. */
const UNKNOWN: HeldItem = {
  ...{ id: '', title: '', recordClass: null, otherClasses: [], subjects: [], piElements: [] },
  ...{ custodian: null, department: null, created: null, modified: null, closed: null, lastUsed: null },
  ...{ medium: 'device', location: '', uninventoried: true },
};

/** An item in one of the folders that is not there now. Of what was handed over nothing need be left. */
async function itemAway(repositories: Repositories, folders: readonly string[]): Promise<string | undefined> {
  for (const { id, location } of await repositories.places.below(folders)) {
    if (isThere(location)) continue;
    if ((await repositories.items.get(id))?.state !== 'transferred') return id;
  }
  return undefined;
}

/** Whether what was seen in a folder is away: moved to another disk it would be there. */
function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch {
    return true;
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

async function holdReasons(
  repositories: Repositories,
  subjects: readonly HeldItem[],
  today: CalendarDate,
): Promise<Reason[]> {
  await requireHoldsAsLogged(repositories);
  const standing = await repositories.holds.standing();
  const [holds, cooling] = [compileHolds(standing), compileCoolingOff(standing)];
  const held = new Set(subjects.flatMap((each) => holds.on(each)));
  const objection = holdObjection(
    [...held],
    subjects.flatMap((each) => cooling(each, today)),
  );
  return objection === undefined ? [] : [{ ...objection, text: `${objection.text}.` }];
}

async function deviceItem(repositories: Repositories, itemId: string): Promise<HeldItem> {
  const item = await repositories.items.get(itemId);
  if (item === undefined) throw badInput('item-unknown', `The inventory has no item ${itemId}`);
  if (item.medium !== 'device' && item.medium !== 'removable') {
    throw badInput(
      'item-not-device',
      `The item ${itemId} is not a device or removable medium (${item.medium})`,
    );
  }
  return item;
}
