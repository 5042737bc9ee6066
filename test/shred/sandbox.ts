import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DisposalOptions,
  type DisposalStep,
  type DisposalTarget,
  destroy,
  examine,
  resume,
  type TargetOutcome,
} from '../../src/shred/index.js';
import { JsonJournal } from './json-journal.js';

export const MARKER = 'MARKER-7f3a-payroll-';

/** Content of about `bytes` bytes in which every block holds the marker. */
export function marked(bytes: number): string {
  return MARKER.repeat(Math.ceil(bytes / MARKER.length)).slice(0, bytes);
}

export type Steps = Partial<Record<DisposalStep['step'], (step: DisposalStep) => void>>;

export const codesOf = (outcome: TargetOutcome): string[] => outcome.reasons.map((each) => each.code);

/** A temporary folder: `data` for the files, and outside of it a journal and a protected workspace. */
export class Sandbox {
  readonly root: string;
  readonly data: string;
  readonly journal: JsonJournal;
  readonly protectedPaths: string[];

  constructor(parent = tmpdir()) {
    this.root = realpathSync(mkdtempSync(join(parent, 'quietus-shred-')));
    this.data = join(this.root, 'data');
    mkdirSync(this.data);
    mkdirSync(join(this.root, 'workspace'));
    this.protectedPaths = [join(this.root, 'workspace')];
    this.journal = new JsonJournal(join(this.root, 'journal.json'));
  }

  path(...names: string[]): string {
    return join(this.data, ...names);
  }

  /** As a plan would: examined and frozen. */
  async target(itemId: string, name: string, medium: 'file' | 'folder' = 'file'): Promise<DisposalTarget> {
    const examined = await examine(this.path(name), medium, this);
    if (examined.status !== 'ready') throw new Error(`${examined.status}: ${examined.reason.code}`);
    return { itemId, location: examined.location, medium, fingerprint: examined.fingerprint };
  }

  /** The outcome that a complete disposal has on the file system of the temporary folder. */
  async destroyed(): Promise<'overwritten-verified' | 'overwritten-residual'> {
    const examined = await examine(this.data, 'folder', this);
    if (examined.status !== 'ready') throw new Error(examined.reason.code);
    return examined.assessment.residual.length === 0 ? 'overwritten-verified' : 'overwritten-residual';
  }

  /** Destroys with the given things happening at the given steps, each only the first time. */
  run(
    targets: DisposalTarget[],
    at: Steps = {},
    more: Partial<DisposalOptions> = {},
  ): Promise<TargetOutcome[]> {
    const once = { ...at };
    return destroy(targets, this.journal, {
      protectedPaths: this.protectedPaths,
      acceptResidual: true,
      observe: (step) => {
        const action = once[step.step];
        delete once[step.step];
        action?.(step);
      },
      ...more,
    });
  }

  async runOne(
    target: DisposalTarget,
    at: Steps = {},
    more: Partial<DisposalOptions> = {},
  ): Promise<TargetOutcome> {
    const [outcome] = await this.run([target], at, more);
    if (outcome === undefined) throw new Error('no outcome');
    return outcome;
  }

  /** Three items with five files, and things around them that must stay. */
  async fillThree(): Promise<DisposalTarget[]> {
    mkdirSync(this.path('f', 'sub'), { recursive: true });
    mkdirSync(this.path('f', 'none'));
    writeFileSync(this.path('a.csv'), marked(5000));
    writeFileSync(this.path('big.bin'), marked(1_200_000));
    writeFileSync(this.path('f', 'one'), marked(300));
    writeFileSync(this.path('f', 'empty'), '');
    writeFileSync(this.path('f', 'sub', 'two'), marked(9000));
    writeFileSync(this.path('kept'), 'kept');
    symlinkSync('../../kept', this.path('f', 'sub', 'link'));
    return [
      await this.target('a', 'a.csv'),
      await this.target('big', 'big.bin'),
      await this.target('f', 'f', 'folder'),
    ];
  }

  /** Goes on with what the journal holds. */
  resume(journal = this.journal): Promise<TargetOutcome[]> {
    return resume(journal.pending(), journal, { protectedPaths: this.protectedPaths, acceptResidual: true });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Every name below a folder with what it is and holds; for comparing before with after. */
export function snapshot(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) found[path] = `link ${readlinkSync(path)}`;
    else found[path] = entry.isDirectory() ? 'folder' : `file ${readFileSync(path, 'latin1')}`;
  }
  return found;
}
