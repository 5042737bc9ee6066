import { lstatSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, parse, resolve, sep } from 'node:path';
import { programFiles } from './program-files.js';

/** The system itself: no record lies in these. */
const SYSTEM_FOLDERS = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/proc',
  '/sbin',
  '/sys',
  '/usr',
  '/var/lib/dpkg',
  '/var/lib/rpm',
];

/** Folders that no record is equal to, though records may lie in them. */
const SHARED_FOLDERS = [
  '/home',
  '/mnt',
  '/opt',
  '/root',
  '/run',
  '/srv',
  '/tmp',
  '/var',
  '/var/cache',
  '/var/lib',
  '/var/log',
  '/var/mail',
  '/var/spool',
  '/var/spool/mail',
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

function addIdentity(path: string, identities: Set<string>): void {
  const identity = identityOf(path);
  if (identity !== undefined) identities.add(identity);
}

/** Knows which locations must never be destroyed. */
export class PathGuard {
  /** Neither these, nor what holds them, nor what lies in them. */
  readonly #closed: readonly string[];
  /** Neither these nor what holds them. */
  readonly #kept: readonly string[];
  readonly #identities = new Set<string>();
  readonly #closedIdentities = new Set<string>();
  /** What was found out of each folder on the way to a location. */
  readonly #closes = new Map<string, boolean>();

  /** @param protectedPaths absolute paths of files and folders; they need not exist */
  constructor(protectedPaths: readonly string[]) {
    this.#closed = [...protectedPaths, ...SYSTEM_FOLDERS, ...programFiles()].flatMap(spellings);
    this.#kept = [...SHARED_FOLDERS, homedir(), process.cwd()].flatMap(spellings);
    for (const path of this.#closed) addIdentity(path, this.#closedIdentities);
    for (const path of [...this.#closed, ...this.#kept]) addIdentity(path, this.#identities);
  }

  /** @param path canonical absolute path */
  protectsPath(path: string): boolean {
    if (path === parse(path).root) return true;
    return (
      this.#closed.some((closed) => liesIn(path, closed) || liesIn(closed, path)) ||
      this.#kept.some((kept) => liesIn(kept, path))
    );
  }

  /**
   * True when a folder is a closed one or lies in one, judged by identities: a bind mount shows a closed folder under
   * a path that says nothing of it.
   * @param folder canonical absolute path
   */
  closesFolder(folder: string): boolean {
    const known = this.#closes.get(folder);
    if (known !== undefined) return known;
    const identity = identityOf(folder);
    const own = identity !== undefined && this.#closedIdentities.has(identity);
    const closes = own || (folder !== parse(folder).root && this.closesFolder(dirname(folder)));
    this.#closes.set(folder, closes);
    return closes;
  }

  /** Finds a protected file or folder that is reached under another spelling of its path. */
  protectsIdentity(device: bigint, inode: bigint): boolean {
    return this.#identities.has(`${device}:${inode}`);
  }
}
