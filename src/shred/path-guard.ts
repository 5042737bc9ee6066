import { lstatSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, parse, resolve } from 'node:path';
import { loopImages } from './loop-images.js';
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

/** The path itself, and every folder above it. */
function andAbove(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [path, ...andAbove(parent)];
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
  readonly #closed: ReadonlySet<string>;
  /** Closed folders, folders that no record is equal to, and what holds either. */
  readonly #kept: ReadonlySet<string>;
  /** What was found out by its text of each folder on the way to a location. */
  readonly #liesInClosed = new Map<string, boolean>();
  readonly #identities = new Set<string>();
  readonly #closedIdentities = new Set<string>();
  readonly #images = loopImages();
  /** What was found out of each folder on the way to a location. */
  readonly #closes = new Map<string, boolean>();

  /** @param protectedPaths absolute paths of files and folders; they need not exist */
  constructor(protectedPaths: readonly string[]) {
    const closed = [...protectedPaths, ...SYSTEM_FOLDERS, ...programFiles()].flatMap(spellings);
    const kept = [...SHARED_FOLDERS, homedir(), process.cwd()].flatMap(spellings);
    this.#closed = new Set(closed);
    this.#kept = new Set([...closed, ...kept].flatMap(andAbove));
    for (const path of closed) addIdentity(path, this.#closedIdentities);
    for (const path of [...closed, ...kept]) addIdentity(path, this.#identities);
  }

  /** @param path canonical absolute path */
  protectsPath(path: string): boolean {
    return this.#kept.has(path) || this.#liesIn(dirname(path));
  }

  /** Whether a folder is a closed one or lies in one; thousands of files ask it of the same folders. */
  #liesIn(folder: string): boolean {
    const known = this.#liesInClosed.get(folder);
    if (known !== undefined) return known;
    const lies = this.#closed.has(folder) || (folder !== dirname(folder) && this.#liesIn(dirname(folder)));
    this.#liesInClosed.set(folder, lies);
    return lies;
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

  /** True for the image of a loop device. */
  isDeviceImage(device: bigint, inode: bigint): boolean {
    return this.#images.has(`${device}:${inode}`);
  }
}
