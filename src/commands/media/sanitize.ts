import {
  Args,
  bytesInWords,
  confirmFlag,
  dryRunFlag,
  Flags,
  QuietusCommand,
  wrapped,
} from '../../cli/index.js';
import type { DevicePreview } from '../../disposal/index.js';
import { ExitCode, type Reason } from '../../model/index.js';
import type { DeviceFacts, SanitizationOutcome, Technique } from '../../shred/index.js';

const METHODS = ['clear', 'purge', 'crypto-erase'] as const;

export default class MediaSanitize extends QuietusCommand {
  static override description =
    'Sanitize a whole device (NIST SP 800-88 Rev. 2): clear overwrites every address and compares; purge has the device ' +
    'erase itself with its own command; crypto-erase destroys the keys of a LUKS container or of the device. Mounted, ' +
    'held and system devices are refused. The device is asked until it says that it is complete, then read back.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> /dev/sdb --method clear --dry-run',
    '<%= config.bin %> <%= command.id %> /dev/nvme1n1 --method purge --item LAPTOP-0042 --plan plan-2026-11-22-a1b2c3',
    '<%= config.bin %> <%= command.id %> /dev/sdb --method clear --verify full --source "server PAYROLL-2" --destination "returned to lessor" --confirm WD-WX31A81D4Y2K',
    '<%= config.bin %> <%= command.id %> /dev/sdc2 --method crypto-erase --no-key-copies --never-plaintext',
  ];
  static override args = {
    device: Args.string({ description: 'Device file, such as /dev/sdb.', required: true }),
  };
  static override flags = {
    method: Flags.option({ description: 'What is asked for.', options: METHODS, required: true })(),
    technique: Flags.string({
      description: 'Id of one technique that --dry-run lists, instead of the preferred one.',
      helpValue: 'ID',
    }),
    verify: Flags.option({
      description: 'Read back all of it, or two random samples in each of 1,000 parts; full by default.',
      options: ['full', 'sampled'] as const,
    })(),
    item: Flags.string({
      description: 'Id of the device in the inventory; it needs an approved plan, --plan.',
      helpValue: 'ID',
    }),
    plan: Flags.string({
      description:
        'Approved plan that disposes of the item: it must still be due, and is closed where the device was sanitized.',
      helpValue: 'PLAN',
      dependsOn: ['item'],
    }),
    source: Flags.string({
      description: 'The room, machine, system or person that the device came from.',
      helpValue: 'TEXT',
    }),
    destination: Flags.string({
      description: 'What becomes of the device, such as "reuse", "sold" or "returned to lessor".',
      helpValue: 'TEXT',
    }),
    discard: Flags.boolean({
      description: 'Discard all blocks after overwriting, which proves nothing more.',
    }),
    'no-key-copies': Flags.boolean({
      description:
        'You state that no copy of the key exists elsewhere: header backups, escrow, recovery keys.',
    }),
    'never-plaintext': Flags.boolean({
      description: 'You state that nothing was stored on the medium before it was encrypted.',
    }),
    'accept-residual': Flags.boolean({
      description: 'Go on where the technique can leave data behind; the outcome says so.',
    }),
    confirm: confirmFlag('the serial number of the device, or NAME:BYTES where it has none'),
    'dry-run': dryRunFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(MediaSanitize);
    const { readDeviceFacts } = await import('../../shred/index.js');
    const { whereabouts } = await import('../../certificate/index.js');
    const { previewDevice, sanitize } = await import('../../disposal/index.js');
    const { deviceAuthority } = await import('../../retention/index.js');
    const session = await this.openSession();
    const device = readDeviceFacts(args.device);
    const request = {
      device,
      method: flags.method,
      technique: flags.technique ?? null,
      stated: { noKeyCopies: flags['no-key-copies'], neverPlaintext: flags['never-plaintext'] },
      itemId: flags.item ?? null,
      planId: flags.plan ?? null,
      whereabouts: whereabouts(flags),
    };
    if (flags['dry-run']) return this.#preview(device, await previewDevice(session, request));
    await this.confirm({
      expected: device.confirmation,
      given: flags.confirm,
      question: `${inWords(device)} will be sanitized as a whole; nothing on it can be brought back.`,
    });
    const bar = await this.progress(100, 'percent');
    let shown = 0;
    let phase = '';
    const { record, outcome, settled, certificate } = await sanitize(session, {
      ...request,
      authority: deviceAuthority(session),
      verification: flags.verify ?? 'full',
      acceptResidual: flags['accept-residual'],
      discard: flags.discard,
      signal: this.interrupt,
      onProgress: (now, fraction) => {
        // Each phase is a third of the bar; a bar cannot go back.
        const base = { writing: 0, erasing: 0, reading: 50 }[now];
        const at = Math.floor(base + fraction * 50);
        if (now !== phase) this.note(PHASES[now]);
        phase = now;
        for (; shown < at; shown += 1) bar.advance();
      },
    });
    bar.stop();
    for (const each of settled)
      this.note(`An earlier attempt was cut off: ${each.id} is now ${each.outcome}`);
    this.#show(record.id, outcome);
    if (certificate) this.print(`Certificate ${certificate.number}`);
    if (flags.item !== undefined) this.#tellItem(flags.item, outcome);
    this.endWith(exitCode(outcome));
    return {
      ...outcomeData(outcome),
      id: record.id,
      device: deviceData(device),
      method: record.method,
      technique: record.technique,
      certificate: certificate?.number ?? null,
      settled: settled.map((each) => ({ id: each.id, outcome: each.outcome })),
    };
  }

  #preview(device: DeviceFacts, preview: DevicePreview): unknown {
    this.print(inWords(device));
    this.print(`Confirm with: --confirm ${device.confirmation}`);
    if (preview.chosen) this.#technique('Would use', preview.chosen, preview.residual);
    for (const other of preview.offered) {
      if (other.id !== preview.chosen?.id)
        this.print(`Also offered: ${other.id} (${other.methods.join(', ')})`);
    }
    this.#list('In the way', preview.objections);
    for (const each of preview.cutOff) this.print(`Cut off earlier: ${each.id} of ${each.startedAt}`);
    this.note('Nothing was changed.');
    if (preview.objections.length > 0) this.endWith(ExitCode.refused);
    return {
      dry_run: true,
      device: deviceData(device),
      technique: preview.chosen?.id ?? null,
      sanitization: preview.chosen?.sanitization ?? null,
      offered: preview.offered.map(({ id, methods }) => ({ id, methods })),
      objections: preview.objections,
      residual: preview.residual,
      limits: preview.chosen?.limits ?? [],
      cut_off: preview.cutOff.map(({ id }) => id),
    };
  }

  #technique(label: string, technique: Technique, residual: readonly Reason[]): void {
    const tool = technique.tool ? ` with ${technique.tool.name} ${technique.tool.version}` : '';
    this.print(`${label}: ${technique.id}${tool}, which is ${technique.sanitization}`);
    this.print(wrapped(technique.text, '    '));
    this.#list('Could leave behind (needs --accept-residual)', residual);
    this.#list('Cannot be proved', technique.limits);
  }

  #show(id: string, outcome: SanitizationOutcome): void {
    const { verification } = outcome;
    this.print(`${id}: ${outcome.outcome}${outcome.sanitization ? `, ${outcome.sanitization}` : ''}`);
    if (verification.kind !== 'none') {
      const from = verification.readFrom === 'medium' ? 'the device' : 'the page cache';
      this.print(
        `Verification (${verification.kind}): ${verification.result}, ${bytesInWords(verification.bytesRead)} read from ${from}`,
      );
    }
    this.#list('Reasons', outcome.reasons);
    this.#list('Cannot be proved', outcome.limits);
  }

  #tellItem(id: string, { sanitization }: SanitizationOutcome): void {
    if (sanitization === null)
      this.note(`${id} stays open in the inventory: something could be left behind.`);
    else this.print(`${id} is disposed of.`);
  }

  #list(label: string, reasons: readonly Reason[]): void {
    if (reasons.length > 0) this.print(`${label}:`);
    for (const { text } of reasons) this.print(wrapped(text, '    '));
  }
}

const PHASES = {
  writing: 'Overwriting.',
  erasing: 'The device is erasing itself.',
  reading: 'Reading back.',
} as const;

function exitCode({ outcome, sanitization, verification }: SanitizationOutcome): ExitCode {
  if (verification.result === 'failed') return ExitCode.verificationFailed;
  return (outcome === 'sanitized' || outcome === 'key-erased') && sanitization !== null
    ? ExitCode.done
    : ExitCode.partial;
}

function inWords(device: DeviceFacts): string {
  const name = [device.vendor, device.model].filter((part) => part !== null).join(' ');
  const serial = device.serial === null ? 'no serial number' : `serial number ${device.serial}`;
  return `${device.path}: ${name === '' ? device.kind : name}, ${bytesInWords(device.bytes)}, ${serial}`;
}

function deviceData(device: DeviceFacts): Record<string, unknown> {
  return {
    path: device.path,
    kind: device.kind,
    bytes: device.bytes,
    vendor: device.vendor,
    model: device.model,
    serial: device.serial,
    rotational: device.rotational,
    removable: device.removable,
    confirmation: device.confirmation,
  };
}

function outcomeData(outcome: SanitizationOutcome): Record<string, unknown> {
  return {
    outcome: outcome.outcome,
    sanitization: outcome.sanitization,
    reasons: outcome.reasons,
    limits: outcome.limits,
    verification: {
      kind: outcome.verification.kind,
      result: outcome.verification.result,
      bytes_read: outcome.verification.bytesRead,
      samples: outcome.verification.samples,
      found: outcome.verification.found,
      read_from: outcome.verification.readFrom,
    },
    discarded: outcome.discarded,
  };
}
