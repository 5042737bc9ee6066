import { findTool, runTool, type ToolRun } from '../system-tool.js';
import type { DeviceFacts } from './device-facts.js';
import { deviceReason } from './device-reasons.js';
import type { DeviceProgress, DeviceSanitizer, StartOutcome, Technique } from './device-sanitizer.js';
import { versionOf } from './tool-version.js';

/** What Identify Controller says (NVM Express Base Specification 2.0, figure 275). */
export interface NvmeCapabilities {
  sanitizeCrypto: boolean;
  sanitizeBlock: boolean;
  sanitizeOverwrite: boolean;
  format: boolean;
  /** Format can erase by destroying the key. */
  formatCrypto: boolean;
  /** A secure erase by format reaches all namespaces. */
  eraseReachesAll: boolean;
  serial: string;
}

/** The Sanitize Status log page, 81h (figure 291): 512 bytes, numbers little-endian. */
export interface NvmeSanitizeStatus {
  state: 'never' | 'complete' | 'running' | 'failed';
  fraction: number;
  /** Low three bits of command dword 10 of the operation that it tells of: the sanitize action. */
  action: number;
}

const ASK_MS = 60_000;
/** A format command ends when the erasure has. Large disks take hours. */
const FORMAT_MS = 6 * 60 * 60 * 1000;

const ACTIONS: Readonly<Record<string, number>> = {
  'nvme-sanitize-block-erase': 2,
  'nvme-sanitize-overwrite': 3,
  'nvme-sanitize-crypto-erase': 4,
};

/**
 * Reads `nvme id-ctrl -o json`.
 * @returns undefined for anything but that: then nothing is known and nothing is offered
 */
export function readNvmeCapabilities(json: string): NvmeCapabilities | undefined {
  const value = parsedObject(json);
  const { sanicap, oacs, fna, sn } = value ?? {};
  if (!isCount(sanicap) || !isCount(oacs) || !isCount(fna) || typeof sn !== 'string') return undefined;
  return {
    sanitizeCrypto: (sanicap & 1) !== 0,
    sanitizeBlock: (sanicap & 2) !== 0,
    sanitizeOverwrite: (sanicap & 4) !== 0,
    format: (oacs & 2) !== 0,
    formatCrypto: (fna & 4) !== 0,
    eraseReachesAll: (fna & 2) !== 0,
    serial: sn.trim(),
  };
}

/** The LBA format in use, from `nvme id-ns -o json`: a format command must name it or it changes the block size. */
export function readLbaFormat(json: string): number | undefined {
  const { flbas } = parsedObject(json) ?? {};
  if (!isCount(flbas)) return undefined;
  return (flbas & 0x0f) | ((flbas & 0x60) >> 1);
}

/** Reads `nvme sanitize-log --raw-binary`. @returns undefined for anything but one log page */
export function readSanitizeStatus(page: Buffer): NvmeSanitizeStatus | undefined {
  if (page.length < 20 || page.length > 512) return undefined;
  const progress = page.readUInt16LE(0);
  const status = page.readUInt16LE(2) & 7;
  const state = STATES[status];
  if (state === undefined) return undefined;
  return {
    state,
    fraction: state === 'running' ? progress / 65_536 : 1,
    action: page.readUInt32LE(4) & 7,
  };
}

/** 4 is success without deallocation. */
const STATES: readonly (NvmeSanitizeStatus['state'] | undefined)[] = [
  'never',
  'complete',
  'running',
  'failed',
  'complete',
];

/** Drives nvme-cli: Sanitize is Purge; Format with secure erase is claimed as Clear only. */
export class NvmeSanitizer implements DeviceSanitizer {
  readonly id = 'nvme';

  async probe(device: DeviceFacts): Promise<readonly Technique[]> {
    const path = findTool('nvme');
    if (path === undefined || device.kind !== 'nvme') return [];
    const { status, stdout } = await runTool(path, ['id-ctrl', device.controller, '--output-format=json'], {
      timeoutMs: ASK_MS,
    });
    const able = status === 0 ? readNvmeCapabilities(stdout.toString('latin1')) : undefined;
    if (able === undefined || (device.serial !== null && able.serial !== device.serial)) return [];
    return techniques(able, { name: 'nvme-cli', version: await versionOf(path, ['version']) });
  }

  async start(device: DeviceFacts, technique: Technique): Promise<StartOutcome> {
    const path = findTool('nvme');
    if (path === undefined) return { accepted: false, reason: deviceReason('tool-missing', 'nvme') };
    const action = ACTIONS[technique.id];
    if (action === undefined) return await this.#format(path, device, technique);
    if ((await this.#status(path, device))?.state === 'running') {
      return { accepted: false, reason: deviceReason('sanitize-running') };
    }
    const passes = action === 3 ? ['--owpass=1', '--ovrpat=0'] : [];
    return accepted(
      await runTool(path, ['sanitize', device.controller, `--sanact=${action}`, ...passes], {
        timeoutMs: ASK_MS,
      }),
    );
  }

  async progress(device: DeviceFacts, technique: Technique): Promise<DeviceProgress> {
    const action = ACTIONS[technique.id];
    if (action === undefined) return { state: 'silent', fraction: null };
    const path = findTool('nvme');
    const status = path && (await this.#status(path, device));
    if (!status || status.state === 'never') return { state: 'none', fraction: null };
    // The log tells of the latest operation, which need not be ours.
    if (status.action !== action) return { state: 'none', fraction: null };
    return { state: status.state, fraction: status.fraction };
  }

  async #format(path: string, device: DeviceFacts, technique: Technique): Promise<StartOutcome> {
    const asked = await runTool(path, ['id-ns', device.path, '--output-format=json'], { timeoutMs: ASK_MS });
    const lbaFormat = asked.status === 0 ? readLbaFormat(asked.stdout.toString('latin1')) : undefined;
    if (lbaFormat === undefined)
      return { accepted: false, reason: deviceReason('tool-failed', 'nvme id-ns') };
    const ses = technique.id === 'nvme-format-crypto-erase' ? 2 : 1;
    // Without --force the tool opens the namespace exclusively, and refuses one that is in use.
    return accepted(
      await runTool(path, ['format', device.path, `--ses=${ses}`, `--lbaf=${lbaFormat}`], {
        timeoutMs: FORMAT_MS,
      }),
    );
  }

  async #status(path: string, device: DeviceFacts): Promise<NvmeSanitizeStatus | undefined> {
    const { status, stdout } = await runTool(path, ['sanitize-log', device.controller, '--raw-binary'], {
      timeoutMs: ASK_MS,
    });
    return status === 0 ? readSanitizeStatus(stdout) : undefined;
  }
}

function techniques(able: NvmeCapabilities, tool: { name: string; version: string }): Technique[] {
  const limits = [deviceReason('device-word'), deviceReason('spare-areas')];
  const common = { tool, leaves: 'changed', residual: [] } as const;
  const purge = { ...common, methods: ['purge'], sanitization: 'Purge', limits } as const;
  const clear = { ...common, methods: ['clear'], sanitization: 'Clear', limits } as const;
  const unreadable = [...limits, deviceReason('erasure-unreadable')];
  const list: (Technique | false)[] = [
    able.sanitizeBlock && {
      ...purge,
      id: 'nvme-sanitize-block-erase',
      text: 'The controller was told to sanitize itself by erasing all blocks (NVMe Sanitize, block erase), and reported success.',
    },
    able.sanitizeCrypto && {
      ...purge,
      id: 'nvme-sanitize-crypto-erase',
      methods: ['purge', 'crypto-erase'],
      limits: unreadable,
      text: 'The controller was told to sanitize itself by changing its media encryption keys (NVMe Sanitize, crypto erase), and reported success.',
    },
    able.sanitizeOverwrite && {
      ...purge,
      id: 'nvme-sanitize-overwrite',
      text: 'The controller was told to sanitize itself by overwriting all of its media once (NVMe Sanitize, overwrite), and reported success.',
    },
    able.format && {
      ...clear,
      id: 'nvme-format-user-data-erase',
      text: 'The namespace was formatted with user data erase (NVMe Format, SES 1).',
    },
    able.format &&
      able.formatCrypto && {
        ...clear,
        id: 'nvme-format-crypto-erase',
        methods: ['clear', 'crypto-erase'],
        limits: unreadable,
        text: 'The namespace was formatted with cryptographic erase (NVMe Format, SES 2).',
      },
  ];
  return list.filter((each) => each !== false);
}

/** The tool says no by its status, and by "NVMe status:" where an older one forgets its status. */
function accepted(run: ToolRun): StartOutcome {
  if (run.broken === 'time-out') return { accepted: false, reason: deviceReason('time-out') };
  const said = `${run.stdout.toString('latin1')}${run.stderr.toString('latin1')}`;
  const refusal = /NVMe status: ([A-Za-z ]{1,60})/.exec(said)?.[1]?.trim();
  if (run.status === 0 && refusal === undefined) return { accepted: true, reasons: [] };
  return {
    accepted: false,
    reason: deviceReason('not-accepted', refusal ?? `status ${run.status ?? 'none'}`),
  };
}

function parsedObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= 0xffff_ffff;
}
