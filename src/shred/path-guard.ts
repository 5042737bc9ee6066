import { lstatSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { parse, resolve, sep } from 'node:path';

/** Folders that no record is equal to, though records may lie in them. */
const SYSTEM_FOLDERS = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/home',
  '/lib',
  '/lib64',
  '/mnt',
  '/opt',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/srv',
  '/sys',
  '/tmp',
  '/usr',
  '/usr/bin',
  '/usr/lib',
  '/usr/local',
  '/var',
  '/var/lib',
  '/var/log',
  '/var/tmp',
];

function liesIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function spellings(path: string): string[] {
  const plain = resolve(path);
  try {
    return [plain, realpathSync.native(plain)];
  } catch {
    return [plain];
  }
}

function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = lstatSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** Knows which locations must never be destroyed. */
export class PathGuard {
  /** Neither these, nor what holds them, nor what lies in them. */
  readonly #closed: readonly string[];
  /** Neither these nor what holds them. */
  readonly #kept: readonly string[];
  readonly #identities = new Set<string>();

  /** @param protectedPaths absolute paths of files and folders; they need not exist */
  constructor(protectedPaths: readonly string[]) {
    this.#closed = protectedPaths.flatMap(spellings);
    this.#kept = [...SYSTEM_FOLDERS, homedir(), process.cwd()].flatMap(spellings);
    for (const path of [...this.#closed, ...this.#kept]) {
      const identity = identityOf(path);
      if (identity !== undefined) this.#identities.add(identity);
    }
  }

  /** @param path canonical absolute path */
  protectsPath(path: string): boolean {
    if (path === parse(path).root) return true;
    return (
      this.#closed.some((closed) => liesIn(path, closed) || liesIn(closed, path)) ||
      this.#kept.some((kept) => liesIn(kept, path))
    );
  }

  /** Finds a protected file or folder that is reached under another spelling of its path. */
  protectsIdentity(device: bigint, inode: bigint): boolean {
    return this.#identities.has(`${device}:${inode}`);
  }
}
