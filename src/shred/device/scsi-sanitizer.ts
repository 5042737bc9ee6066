import { findTool, runTool } from '../system-tool.js';
import type { DeviceFacts } from './device-facts.js';
import { deviceReason } from './device-reasons.js';
import type { DeviceProgress, DeviceSanitizer, StartOutcome, Technique } from './device-sanitizer.js';
import { versionOf } from './tool-version.js';

const ASK_MS = 60_000;

/** Technique, service action of the SANITIZE command (SBC-4, table 100), and the flags of sg_sanitize. */
const ACTIONS = [
  {
    id: 'scsi-sanitize-block-erase',
    action: 2,
    flags: ['--block'],
    text: 'erase all blocks (SCSI SANITIZE, block erase)',
  },
  {
    id: 'scsi-sanitize-crypto-erase',
    action: 3,
    flags: ['--crypto'],
    text: 'change its media encryption keys (SCSI SANITIZE, cryptographic erase)',
  },
  {
    id: 'scsi-sanitize-overwrite',
    action: 1,
    flags: ['--overwrite', '--zero'],
    text: 'overwrite all of its media once (SCSI SANITIZE, overwrite)',
  },
] as const;

/** Whether `sg_opcodes --opcode=48,N` says that the device supports the command. */
export function readOpcodeSupport(text: string): boolean {
  return (
    /Command (?:is )?supported|supported \[conforming to SCSI standard\]/i.test(text) &&
    !/NOT supported/.test(text)
  );
}

/**
 * Reads `sg_requests --progress`: a percentage while an operation is under way.
 * @param status exit status; without a progress indication sg_requests prints nothing and ends with 0
 */
export function readScsiProgress(text: string, status: number | null): DeviceProgress {
  const percent = /Progress indication: (\d{1,3}\.\d{2})% done/.exec(text)?.[1];
  if (percent !== undefined) return { state: 'running', fraction: Number(percent) / 100 };
  return { state: status === 0 ? 'silent' : 'none', fraction: null };
}

/** Drives sg3-utils: SANITIZE of SAS and other SCSI devices is Purge. */
export class ScsiSanitizer implements DeviceSanitizer {
  readonly id = 'scsi';

  async probe(device: DeviceFacts): Promise<readonly Technique[]> {
    const [sanitize, opcodes] = [findTool('sg_sanitize'), findTool('sg_opcodes')];
    if (sanitize === undefined || opcodes === undefined || device.kind !== 'scsi') return [];
    const found: Technique[] = [];
    for (const { id, action, text } of ACTIONS) {
      const { status, stdout } = await runTool(opcodes, [`--opcode=0x48,${action}`, device.path], {
        timeoutMs: ASK_MS,
      });
      if (status !== 0 || !readOpcodeSupport(stdout.toString('latin1'))) continue;
      const crypto = action === 3;
      found.push({
        id,
        methods: crypto ? ['purge', 'crypto-erase'] : ['purge'],
        sanitization: 'Purge',
        text: `The device was told to ${text}, and reported no error.`,
        tool: { name: 'sg_sanitize', version: await versionOf(sanitize, ['--version']) },
        leaves: 'changed',
        residual: [],
        limits: [
          deviceReason('device-word'),
          deviceReason('spare-areas'),
          ...(crypto ? [deviceReason('erasure-unreadable')] : []),
        ],
      });
    }
    return found;
  }

  async start(device: DeviceFacts, technique: Technique): Promise<StartOutcome> {
    const path = findTool('sg_sanitize');
    const flags = ACTIONS.find(({ id }) => id === technique.id)?.flags;
    if (path === undefined || flags === undefined) {
      return { accepted: false, reason: deviceReason('tool-missing', 'sg_sanitize') };
    }
    const { status } = await runTool(path, [...flags, '--early', '--quick', device.path], {
      timeoutMs: ASK_MS,
    });
    if (status === 0) return { accepted: true, reasons: [] };
    return { accepted: false, reason: deviceReason('not-accepted', `status ${status ?? 'none'}`) };
  }

  async progress(device: DeviceFacts): Promise<DeviceProgress> {
    const path = findTool('sg_requests');
    if (path === undefined) return { state: 'none', fraction: null };
    const { status, stdout } = await runTool(path, ['--progress', device.path], { timeoutMs: ASK_MS });
    return readScsiProgress(stdout.toString('latin1'), status);
  }
}
