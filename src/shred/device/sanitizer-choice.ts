import type { Reason } from '../../model/index.js';
import { residualOfDevice } from '../linux-medium-inspector.js';
import { AtaSanitizer, ataHiddenArea } from './ata-sanitizer.js';
import type { DeviceFacts } from './device-facts.js';
import { deviceReason } from './device-reasons.js';
import type { DeviceSanitizer, SanitizationMethod, Technique } from './device-sanitizer.js';
import { DiscardSanitizer } from './discard-sanitizer.js';
import { LuksSanitizer } from './luks-sanitizer.js';
import { NvmeSanitizer } from './nvme-sanitizer.js';
import { OverwritingSanitizer } from './overwriting-sanitizer.js';
import { ScsiSanitizer } from './scsi-sanitizer.js';

/** Every tool, in the order of preference: what the device does to itself reaches more than what a host writes. */
function sanitizers(): DeviceSanitizer[] {
  return [
    new LuksSanitizer(),
    new NvmeSanitizer(),
    new AtaSanitizer(),
    new ScsiSanitizer(),
    new DiscardSanitizer(),
    new OverwritingSanitizer(),
  ];
}

/** A technique with what carries it out. */
export interface OfferedTechnique {
  sanitizer: DeviceSanitizer;
  technique: Technique;
}

/** All techniques that device and tools offer, the preferred first. Changes nothing. */
export async function offeredTechniques(device: DeviceFacts): Promise<OfferedTechnique[]> {
  const offered: OfferedTechnique[] = [];
  for (const sanitizer of sanitizers()) {
    if (device.partition && sanitizer.id !== 'luks') continue;
    for (const technique of await sanitizer.probe(device)) {
      offered.push({ sanitizer, technique: await completed(device, sanitizer, technique) });
    }
  }
  return offered;
}

/**
 * What the host writes reaches what it sees, so a hidden area of an ATA drive is its concern too; and it need not reach
 * what a file below a loop device held before.
 */
async function completed(
  device: DeviceFacts,
  sanitizer: DeviceSanitizer,
  technique: Technique,
): Promise<Technique> {
  if (sanitizer.id !== 'overwrite' && sanitizer.id !== 'luks') return technique;
  const hidden: Reason | undefined = sanitizer.id === 'overwrite' ? await ataHiddenArea(device) : undefined;
  const below = residualOfDevice(device.number).map(({ code }) => deviceReason('stored-anew', code));
  const found = [...(hidden === undefined ? [] : [hidden]), ...below];
  return found.length === 0 ? technique : { ...technique, residual: [...technique.residual, ...found] };
}

/** What carries out a technique that was chosen earlier, perhaps by another process. */
export function sanitizerOf(technique: Pick<Technique, 'id'>): DeviceSanitizer {
  const found = sanitizers().find(({ id }) => technique.id.startsWith(`${id}-`));
  if (found === undefined) throw new RangeError('no sanitizer has this technique');
  return found;
}

/**
 * The technique for a request: the first that answers it, or the named one.
 * @returns a reason where there is none
 */
export function chooseTechnique(
  offered: readonly OfferedTechnique[],
  method: SanitizationMethod,
  id?: string,
): OfferedTechnique | Reason {
  const fitting = offered.filter(({ technique }) => technique.methods.includes(method));
  const chosen =
    id === undefined ? preferred(fitting, method) : fitting.find(({ technique }) => technique.id === id);
  return chosen ?? deviceReason('no-technique');
}

/** Clear by overwriting can be proved by reading; an erasure inside the device only believed. */
function preferred(
  fitting: readonly OfferedTechnique[],
  method: SanitizationMethod,
): OfferedTechnique | undefined {
  if (method !== 'clear') return fitting[0];
  const flash = fitting.find(({ technique }) => technique.id.startsWith('nvme-format'));
  return flash ?? fitting.find(({ sanitizer }) => sanitizer.id === 'overwrite') ?? fitting[0];
}
