import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type CopyStatements,
  type CreatedArchive,
  createArchive,
  type Erasure,
  eraseArchives,
  makeArchiveKey,
} from '../../src/archive/index.js';
import { ageRecipientOf, createAgeIdentity } from '../../src/crypto/index.js';
import { protectedPaths } from '../../src/disposal/index.js';
import type { InventoryItem } from '../../src/model/index.js';
import { enter, item, makeWorld, type World } from '../retention/sweep-world.js';
import { temporaryFolder } from '../temporary-folder.js';

const ALL_STATED: CopyStatements = {
  keyCopiesDestroyed: true,
  noKeyBackups: true,
  noPlaintextCopies: true,
};

/** A workspace whose archive key is opened by an identity in a file beside it. */
export class ArchiveWorld {
  private constructor(
    readonly world: World,
    readonly identity: string,
    readonly identityFile: string,
  ) {}

  /** @param folder where workspace and records lie; a new one if not given */
  static async make(folder = temporaryFolder()): Promise<ArchiveWorld> {
    const world = await makeWorld(folder);
    let closed = false;
    const close = world.session.close.bind(world.session);
    // Closed by the test itself where what lies below is searched.
    (world.session as { close: () => Promise<void> }).close = async () => {
      if (!closed) await close();
      closed = true;
    };
    onTestFinished(() => world.session.close());
    const identity = await createAgeIdentity('x25519');
    const file = join(temporaryFolder(), 'safe.key');
    writeFileSync(file, `${identity}\n`);
    const recipients = [await ageRecipientOf(identity)];
    await makeArchiveKey(world.session, { kind: 'recipients', recipients }, null);
    return new ArchiveWorld(world, identity, file);
  }

  get keys(): string {
    return join(this.world.session.paths.keys, 'archive');
  }

  /** Enters a file of the inventory with this content. */
  async file(id: string, content: string, changes: Partial<InventoryItem> = {}): Promise<string> {
    const path = join(this.world.records, `${id}.csv`);
    writeFileSync(path, content);
    await enter(this.world.session, [item(id, path, changes)]);
    return path;
  }

  async folder(id: string, files: Readonly<Record<string, string>>): Promise<string> {
    const path = join(this.world.records, id);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(path, name, '..'), { recursive: true });
      writeFileSync(join(path, name), content);
    }
    await enter(this.world.session, [item(id, path, { medium: 'folder' })]);
    return path;
  }

  create(
    itemId: string,
    changes: Partial<Parameters<typeof createArchive>[1]> = {},
  ): Promise<CreatedArchive> {
    return createArchive(this.world.session, {
      itemId,
      folder: null,
      keepPlaintext: false,
      acceptResidual: true,
      eraseAfter: null,
      objection: async () => undefined,
      protectedPaths: protectedPaths(this.world.session.paths),
      ...changes,
    });
  }

  erase(ids: readonly string[], statements: CopyStatements = ALL_STATED): Promise<Erasure[]> {
    return eraseArchives(this.world.session, {
      archiveIds: ids,
      secrets: [{ kind: 'age', identity: this.identity }],
      passphrase: null,
      statements,
      authorize: async () => undefined,
      erased: async () => undefined,
    });
  }

  /** The key of an archive, got with nothing but stock age: the archive key, and then the item's. */
  itemKeyByAge(archiveId: string): string {
    const generation = readdirSync(this.keys).toSorted().at(-1) ?? '';
    const workspaceKey = join(temporaryFolder(), 'workspace.key');
    const open = (identity: string, file: string) =>
      execFileSync('age', ['-d', '-i', identity, file]).toString();
    writeFileSync(workspaceKey, open(this.identityFile, join(this.keys, generation, 'workspace.age')));
    return open(workspaceKey, join(this.keys, generation, 'items', `${archiveId}.age`)).trim();
  }
}

/** What stock `age -d` makes of a file with a key; null where it does not open it. */
export function ageOpens(identity: string, file: string): Buffer | null {
  const key = join(temporaryFolder(), 'key');
  writeFileSync(key, `${identity}\n`);
  const opened = spawnSync('age', ['-d', '-i', key, file], { maxBuffer: 64 * 1024 * 1024 });
  return opened.status === 0 ? opened.stdout : null;
}

/** Every file at or below a folder. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

/** Files that hold the bytes, database and write-ahead log included. */
export function filesWith(folder: string, bytes: Buffer | string): string[] {
  return filesBelow(folder).filter((path) => readFileSync(path).includes(bytes));
}
