import { findTool, runTool } from '../system-tool.js';
import type { DeviceFacts } from './device-facts.js';
import { deviceReason } from './device-reasons.js';
import type { DeviceProgress, DeviceSanitizer, StartOutcome, Technique } from './device-sanitizer.js';
import { versionOf } from './tool-version.js';

const LONGEST_MS = 12 * 60 * 60 * 1000;

/**
 * Secure discard of memory cards (eMMC and SD). An ordinary discard is no sanitization: it permits the device to forget,
 * and obliges it to nothing.
 */
export class DiscardSanitizer implements DeviceSanitizer {
  readonly id = 'discard';

  async probe(device: DeviceFacts): Promise<readonly Technique[]> {
    const path = findTool('blkdiscard');
    if (path === undefined || device.kind !== 'mmc' || !device.discards) return [];
    return [
      {
        id: 'discard-secure',
        methods: ['clear'],
        sanitization: 'Clear',
        text: 'All blocks of the card were discarded with the secure variant of the command, which obliges it to erase copies too.',
        tool: { name: 'blkdiscard', version: await versionOf(path, ['--version']) },
        leaves: 'changed',
        residual: [],
        limits: [deviceReason('device-word'), deviceReason('spare-areas')],
      },
    ];
  }

  async start(device: DeviceFacts): Promise<StartOutcome> {
    return await discard(device, ['--secure']);
  }

  async progress(): Promise<DeviceProgress> {
    return { state: 'silent', fraction: null };
  }
}

/** Discards all blocks of a device with blkdiscard. */
export async function discard(device: DeviceFacts, flags: readonly string[] = []): Promise<StartOutcome> {
  const path = findTool('blkdiscard');
  if (path === undefined) return { accepted: false, reason: deviceReason('tool-missing', 'blkdiscard') };
  const { status, broken } = await runTool(path, [...flags, device.path], { timeoutMs: LONGEST_MS });
  if (status === 0) return { accepted: true, reasons: [] };
  if (broken === 'time-out') return { accepted: false, reason: deviceReason('time-out') };
  return { accepted: false, reason: deviceReason('tool-failed', `blkdiscard, status ${status ?? 'none'}`) };
}
