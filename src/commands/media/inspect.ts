import { Args, bytesInWords, QuietusCommand, wrapped } from '../../cli/index.js';
import type { BlockLayer, MediumReport } from '../../shred/index.js';

const METHOD_NAMES = {
  overwrite: 'Overwriting files',
  'free-space': 'Filling free space',
  clear: 'Clear (whole device)',
  purge: 'Purge (whole device)',
  'crypto-erase': 'Cryptographic erase',
} as const;

const REACH = {
  'in-place': 'reaches it',
  'leaves-residue': 'leaves something',
  'not-possible': 'not possible',
  unknown: 'not known',
} as const;

export default class MediaInspect extends QuietusCommand {
  static override description =
    'Say what a file, folder or device is stored on, from the file system down to the disk, and what each method of ' +
    'sanitization would achieve there and would not. Reads only, and needs no workspace.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> /srv/records/payroll-2019.csv',
    '<%= config.bin %> <%= command.id %> /srv/records --json',
    '<%= config.bin %> <%= command.id %> /dev/sdb',
  ];
  static override args = {
    path: Args.string({ description: 'File, folder or block device.', required: true }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(MediaInspect);
    const { inspectMedium } = await import('../../shred/index.js');
    const report = inspectMedium(args.path);
    this.#show(report);
    return asJson(report);
  }

  #show(report: MediumReport): void {
    if (report.fileSystem === null && report.layers.length === 0) {
      this.print(`Nothing is known about this ${report.kind} on ${report.platform}.`);
    }
    this.#showFileSystem(report);
    for (const [index, layer] of report.layers.entries()) {
      this.#say(layerInWords(layer), index === 0 ? 'Stored on   ' : '            ', ' '.repeat(14));
    }
    if (report.virtualMachine && report.layers.some(({ disk }) => disk !== null)) {
      this.#say(
        'This is a virtual machine: what its disks claim, rotation above all, is what the host wants them to.',
      );
    }
    this.print();
    this.print('What each method would achieve:');
    for (const { method, reach, text } of report.methods) {
      this.print(`  ${METHOD_NAMES[method]}: ${REACH[reach]}`);
      this.#say(text);
    }
    this.#showReasons('Left behind by overwriting:', report.assessment?.residual ?? []);
    this.#showReasons('Never reached, or not to be found out:', report.assessment?.limits ?? []);
  }

  #showFileSystem({ fileSystem, refusal }: MediumReport): void {
    if (fileSystem === null) return;
    const { type, mountPoint, readOnly, dataMode, subvolume, snapshots } = fileSystem;
    const facts = [
      type,
      ...(mountPoint === null ? [] : [`mounted at ${mountPoint}`]),
      ...(readOnly ? ['read-only'] : []),
      ...(dataMode === null ? [] : [`data=${dataMode}`]),
      ...(subvolume === null ? [] : [`subvolume ${subvolume}`]),
      ...(type !== 'btrfs' ? [] : [snapshots === null ? 'snapshots: not known' : `snapshots: ${snapshots}`]),
    ];
    this.print(`File system  ${facts.join(', ')}`);
    const { totalBytes, freeBytes } = fileSystem;
    this.print(`Free         ${bytesInWords(Number(freeBytes))} of ${bytesInWords(Number(totalBytes))}`);
    if (refusal !== null) this.print(`Refused      ${refusal.text}`);
  }

  #showReasons(head: string, reasons: readonly { code: string; text: string }[]): void {
    if (reasons.length === 0) return;
    this.print();
    this.print(head);
    for (const { code, text } of reasons) {
      this.print(`  ${code}`);
      this.#say(text);
    }
  }

  #say(text: string, first = '   ', further = '   '): void {
    this.print(wrapped(text, `${first} `, `${further} `));
  }
}

function layerInWords({ name, kind, detail, sizeBytes, discard, readOnly, disk }: BlockLayer): string {
  const rotation = disk?.rotational === true ? 'says it rotates' : 'says it does not rotate';
  return [
    `${name}: ${kind}${detail === null ? '' : ` ${detail}`}`,
    bytesInWords(Number(sizeBytes)),
    ...(disk === null
      ? []
      : [
          ...(disk.transport === null ? [] : [disk.transport]),
          ...(disk.model === null ? [] : [disk.model]),
          `serial ${disk.serial ?? 'not known'}`,
          ...(disk.rotational === null ? [] : [rotation]),
          ...(disk.removable ? ['removable'] : []),
        ]),
    discard ? 'discards' : 'no discard',
    ...(readOnly ? ['read-only'] : []),
  ].join(', ');
}

function asJson({ fileSystem, layers, assessment, refusal, methods, ...rest }: MediumReport): unknown {
  return {
    kind: rest.kind,
    platform: rest.platform,
    virtual_machine: rest.virtualMachine,
    file_system: fileSystem && {
      type: fileSystem.type,
      mount_point: fileSystem.mountPoint,
      source: fileSystem.source,
      options: fileSystem.options,
      read_only: fileSystem.readOnly,
      data_mode: fileSystem.dataMode,
      subvolume: fileSystem.subvolume,
      snapshots: fileSystem.snapshots,
      in_memory: fileSystem.inMemory,
      total_bytes: String(fileSystem.totalBytes),
      free_bytes: String(fileSystem.freeBytes),
    },
    layers: layers.map(({ sizeBytes, readOnly, below, ...layer }) => ({
      ...layer,
      size_bytes: String(sizeBytes),
      read_only: readOnly,
      below: below.map(({ name }) => name),
    })),
    residual: assessment?.residual ?? null,
    limits: assessment?.limits ?? null,
    refusal,
    methods,
  };
}
