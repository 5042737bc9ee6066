import type { Reason } from '../../model/index.js';
import { findTool, runTool, type ToolRun } from '../system-tool.js';
import type { DeviceFacts } from './device-facts.js';
import { deviceReason } from './device-reasons.js';
import type { DeviceProgress, DeviceSanitizer, StartOutcome, Technique } from './device-sanitizer.js';
import { versionOf } from './tool-version.js';

/** What `hdparm -I` says of the security feature set and of the Sanitize Device feature set (ACS-3). */
export interface AtaCapabilities {
  serial: string;
  security: { supported: boolean; enabled: boolean; locked: boolean; frozen: boolean; enhanced: boolean };
  sanitizeCrypto: boolean;
  sanitizeBlock: boolean;
  sanitizeOverwrite: boolean;
  /** Minutes that a secure erase takes, as the drive says; null where it does not. */
  eraseMinutes: number | null;
}

const ASK_MS = 60_000;
/** A drive that does not tell how long it takes. */
const LONGEST_ERASE_MINUTES = 48 * 60;
/**
 * The erase command needs a password, which the erasure takes away again. It protects nothing and is documented, so
 * that a drive whose erasure was cut off can be unlocked by anybody.
 */
const ERASE_PASSWORD = 'quietus';

const SANITIZE: Readonly<Record<string, readonly string[]>> = {
  'ata-sanitize-block-erase': ['--sanitize-block-erase'],
  'ata-sanitize-crypto-scramble': ['--sanitize-crypto-scramble'],
  'ata-sanitize-overwrite': ['--sanitize-overwrite-passes', '1', '--sanitize-overwrite', 'hex:00000000'],
};

/**
 * Reads `hdparm -I`. The words of the security section stand alone where they are true and behind `not` where not.
 * @returns undefined where it is not the answer of an ATA device with a serial number
 */
export function readAtaCapabilities(text: string): AtaCapabilities | undefined {
  const serial = /^\tSerial Number:\s+(\S.*?)\s*$/m.exec(text)?.[1];
  if (serial === undefined) return undefined;
  const section = /^Security:.*\n((?:\t.*\n)*)/m.exec(text)?.[1] ?? '';
  const says = (word: string) => new RegExp(`^\\t\\t${word}\\s*$`, 'm').test(section);
  const feature = (name: string) => new RegExp(`^\\t\\s+\\*\\t\\s*${name}\\s*$`, 'm').test(text);
  const sanitize = feature('SANITIZE feature set');
  const minutes = [...section.matchAll(/(\d{1,5})min for (?:ENHANCED )?SECURITY ERASE UNIT/g)].map((match) =>
    Number(match[1]),
  );
  return {
    serial,
    security: {
      supported: says('supported'),
      enabled: says('enabled'),
      locked: says('locked'),
      frozen: says('frozen'),
      enhanced: says('supported: enhanced erase'),
    },
    sanitizeCrypto: sanitize && feature('CRYPTO_SCRAMBLE_EXT command'),
    sanitizeBlock: sanitize && feature('BLOCK_ERASE_EXT command'),
    sanitizeOverwrite: sanitize && feature('OVERWRITE_EXT command'),
    eraseMinutes: minutes.length === 0 ? null : Math.max(...minutes),
  };
}

/** Reads `hdparm --sanitize-status`. */
export function readAtaSanitizeStatus(text: string): DeviceProgress {
  if (/\bSD3\b/.test(text) || /completed unsuccessfully/.test(text))
    return { state: 'failed', fraction: null };
  if (/\bSD2\b/.test(text)) {
    const percent = /(\d{1,3}(?:\.\d+)?)\s*%/.exec(text)?.[1];
    return { state: 'running', fraction: percent === undefined ? null : Number(percent) / 100 };
  }
  if (/\bSD0 Sanitize Idle\b/.test(text) && /Completed Without Error/.test(text)) {
    return { state: 'complete', fraction: 1 };
  }
  return { state: 'none', fraction: null };
}

/**
 * Whether a part of the drive is hidden, from `hdparm -I`, `-N` and `--dco-identify`. Newer drives have neither feature
 * set, and do not answer. hdparm ends with 0 and prints numbers that mean nothing then: where a drive names the feature
 * set and does not answer, nothing is known.
 */
export function readHiddenArea(identity: string, maxSectors: string, dco: string): Reason | undefined {
  const sectors = /max sectors\s+=\s+(\d+)\/(\d+), HPA is (enabled|disabled)/.exec(maxSectors);
  const answered = sectors !== null && !/bad\/missing sense/.test(maxSectors);
  if (answered && (sectors[3] === 'enabled' || sectors[1] !== sectors[2]))
    return deviceReason('hidden-area', 'HPA');
  if (!answered && /Host Protected Area feature set/.test(identity)) {
    return deviceReason('hidden-area-unknown', 'HPA');
  }
  if (!/Device Configuration Overlay feature set/.test(identity)) return undefined;
  const real = /Real max sectors: (\d+)/.exec(dco)?.[1];
  if (!answered || real === undefined || /bad\/missing sense/.test(dco)) {
    return deviceReason('hidden-area-unknown', 'DCO');
  }
  return BigInt(real) > BigInt(sectors[2] ?? 0) ? deviceReason('hidden-area', 'DCO') : undefined;
}

/** Drives hdparm. Sanitize is Purge; a secure erase of the older security feature set is claimed as Clear only. */
export class AtaSanitizer implements DeviceSanitizer {
  readonly id = 'ata';

  async probe(device: DeviceFacts): Promise<readonly Technique[]> {
    const path = findTool('hdparm');
    if (path === undefined || device.kind !== 'ata') return [];
    const able = await capabilities(path, device);
    if (able === undefined) return [];
    const hidden = await hiddenArea(path, device);
    const tool = { name: 'hdparm', version: await versionOf(path, ['-V']) };
    return techniques(able, tool, hidden === undefined ? [] : [hidden]);
  }

  async start(device: DeviceFacts, technique: Technique): Promise<StartOutcome> {
    const path = findTool('hdparm');
    if (path === undefined) return { accepted: false, reason: deviceReason('tool-missing', 'hdparm') };
    const sanitize = SANITIZE[technique.id];
    if (sanitize === undefined) return await this.#secureErase(path, device, technique);
    if ((await this.#ask(path, device)).state === 'running') {
      return { accepted: false, reason: deviceReason('sanitize-running') };
    }
    return accepted(
      await runTool(path, ['--yes-i-know-what-i-am-doing', ...sanitize, device.path], { timeoutMs: ASK_MS }),
    );
  }

  async progress(device: DeviceFacts, technique: Technique): Promise<DeviceProgress> {
    const path = findTool('hdparm');
    if (path === undefined) return { state: 'none', fraction: null };
    if (SANITIZE[technique.id] !== undefined) return await this.#ask(path, device);
    // The erasure itself takes the password away: one that is still set was not finished.
    const able = await capabilities(path, device);
    if (able === undefined) return { state: 'none', fraction: null };
    return { state: able.security.enabled ? 'failed' : 'silent', fraction: null };
  }

  async #secureErase(path: string, device: DeviceFacts, technique: Technique): Promise<StartOutcome> {
    const able = await capabilities(path, device);
    if (able === undefined) return { accepted: false, reason: deviceReason('tool-failed', 'hdparm -I') };
    if (able.security.frozen) return { accepted: false, reason: deviceReason('frozen') };
    if (able.security.locked) return { accepted: false, reason: deviceReason('locked') };
    const user = ['--user-master', 'u'];
    const set = await runTool(path, [...user, '--security-set-pass', ERASE_PASSWORD, device.path], {
      timeoutMs: ASK_MS,
    });
    const ready = accepted(set);
    if (!ready.accepted) return ready;
    const command =
      technique.id === 'ata-secure-erase-enhanced' ? '--security-erase-enhanced' : '--security-erase';
    const minutes = Math.max(10, 2 * (able.eraseMinutes ?? LONGEST_ERASE_MINUTES));
    return accepted(
      await runTool(path, [...user, command, ERASE_PASSWORD, device.path], { timeoutMs: minutes * 60_000 }),
    );
  }

  async #ask(path: string, device: DeviceFacts): Promise<DeviceProgress> {
    const { stdout } = await runTool(path, ['--sanitize-status', device.path], { timeoutMs: ASK_MS });
    return readAtaSanitizeStatus(stdout.toString('latin1'));
  }
}

async function capabilities(path: string, device: DeviceFacts): Promise<AtaCapabilities | undefined> {
  const { status, stdout } = await runTool(path, ['-I', device.path], { timeoutMs: ASK_MS });
  const able = status === 0 ? readAtaCapabilities(stdout.toString('latin1')) : undefined;
  return able !== undefined && device.serial !== null && able.serial !== device.serial ? undefined : able;
}

async function hiddenArea(path: string, device: DeviceFacts): Promise<Reason | undefined> {
  const all = async (flag: string) => {
    const { stdout, stderr } = await runTool(path, [flag, device.path], { timeoutMs: ASK_MS });
    return `${stdout.toString('latin1')}\n${stderr.toString('latin1')}`;
  };
  return readHiddenArea(await all('-I'), await all('-N'), await all('--dco-identify'));
}

/** Whether a part of the device is hidden from the host, for techniques that reach only what the host reaches. */
export async function ataHiddenArea(device: DeviceFacts): Promise<Reason | undefined> {
  const path = findTool('hdparm');
  if (device.kind !== 'ata') return undefined;
  return path === undefined ? deviceReason('hidden-area-unknown') : await hiddenArea(path, device);
}

function techniques(
  able: AtaCapabilities,
  tool: { name: string; version: string },
  hidden: readonly Reason[],
): Technique[] {
  const limits = [deviceReason('device-word'), deviceReason('spare-areas')];
  const common = { tool, leaves: 'changed', limits } as const;
  const purge = { ...common, methods: ['purge'], sanitization: 'Purge', residual: [] } as const;
  const clear = { ...common, methods: ['clear'], sanitization: 'Clear', residual: hidden } as const;
  const erasable = able.security.supported && !able.security.frozen && !able.security.locked;
  const list: (Technique | false)[] = [
    able.sanitizeBlock && {
      ...purge,
      id: 'ata-sanitize-block-erase',
      text: 'The drive was told to erase all blocks (ATA Sanitize, BLOCK ERASE EXT), and reported success.',
    },
    able.sanitizeCrypto && {
      ...purge,
      id: 'ata-sanitize-crypto-scramble',
      methods: ['purge', 'crypto-erase'],
      limits: [...limits, deviceReason('erasure-unreadable')],
      text: 'The drive was told to change its media encryption keys (ATA Sanitize, CRYPTO SCRAMBLE EXT), and reported success.',
    },
    able.sanitizeOverwrite && {
      ...purge,
      id: 'ata-sanitize-overwrite',
      text: 'The drive was told to overwrite all of its media once (ATA Sanitize, OVERWRITE EXT), and reported success.',
    },
    erasable &&
      able.security.enhanced && {
        ...clear,
        id: 'ata-secure-erase-enhanced',
        text: 'The drive was erased by its own command (ATA SECURITY ERASE UNIT, enhanced).',
      },
    erasable && {
      ...clear,
      id: 'ata-secure-erase',
      text: 'The drive was erased by its own command (ATA SECURITY ERASE UNIT).',
    },
  ];
  return list.filter((each) => each !== false);
}

function accepted(run: ToolRun): StartOutcome {
  if (run.broken === 'time-out') return { accepted: false, reason: deviceReason('time-out') };
  const said = `${run.stdout.toString('latin1')}${run.stderr.toString('latin1')}`;
  // hdparm prints these and still ends with 0 on some errors.
  const complaint =
    /bad\/missing sense data|SG_IO: .*desc\[\]|Input\/output error|SANITIZE failed|not supported/.exec(said);
  if (run.status === 0 && complaint === null) return { accepted: true, reasons: [] };
  return {
    accepted: false,
    reason: deviceReason('not-accepted', complaint?.[0] ?? `status ${run.status ?? 'none'}`),
  };
}
