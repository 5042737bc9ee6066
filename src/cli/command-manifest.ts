import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A command as oclif.manifest.json describes it, as far as it is used here. */
export interface ManifestCommand {
  readonly id: string;
  readonly summary?: string;
  readonly description?: string;
  readonly hidden?: boolean;
  readonly flags: Readonly<Record<string, ManifestFlag>>;
  readonly args: Readonly<Record<string, { readonly options?: readonly string[] }>>;
}

export interface ManifestFlag {
  readonly name: string;
  readonly type: 'boolean' | 'option';
  readonly description?: string;
  readonly helpValue?: string;
  readonly helpGroup?: string;
  readonly options?: readonly string[];
  readonly hidden?: boolean;
}

/**
 * Reads the commands that the build wrote down, in the order of their names.
 * @param root folder that holds oclif.manifest.json
 */
export function readManifest(root: string): readonly ManifestCommand[] {
  const text = readFileSync(join(root, 'oclif.manifest.json'), 'utf8');
  const { commands } = JSON.parse(text) as { commands: Record<string, ManifestCommand> };
  return Object.values(commands)
    .filter((command) => !command.hidden)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
