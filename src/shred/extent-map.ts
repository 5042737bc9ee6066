import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import type { DisposalEntry } from './disposal-target.js';
import { runSystemToolNow } from './system-tool.js';

const { O_RDONLY } = constants;
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** Files that one call of filefrag is asked about; each is an open descriptor. */
const AT_ONCE = 200;
/** Numbers of a child's descriptors begin behind the three standard ones. */
const FIRST_DESCRIPTOR = 3;

/** What the file system's extent map says of one file's content. */
export interface ExtentFacts {
  /** Blocks are used by another file or a snapshot too, so new content goes elsewhere. */
  shared: boolean;
  /** Content lies in the file system's own records. */
  inline: boolean;
  /** The map does not say where all of the content lies: compressed, encrypted, packed, or not yet written. */
  unclear: boolean;
}

/** A file as it was examined. */
export interface SurveyedFile {
  path: Buffer;
  entry: DisposalEntry;
}

const EXTENT = /^\s*\d+:\s+\d+\.\.\s*\d+:\s/;

/**
 * Reads the output of `filefrag -v` (e2fsprogs 1.43 to 1.47), which prints what FS_IOC_FIEMAP answers.
 * @returns facts by the name that filefrag was given; a file that it could not map is missing
 */
export function parseFilefrag(output: string): Map<string, ExtentFacts> {
  const found = new Map<string, ExtentFacts>();
  let facts: ExtentFacts = { shared: false, inline: false, unclear: false };
  for (const line of output.split('\n')) {
    const end = /^(.*): \d+ extents? found/.exec(line);
    if (end?.[1] !== undefined) {
      found.set(end[1], facts);
    } else if (line.startsWith('File size of ')) {
      facts = { shared: false, inline: false, unclear: false };
    } else if (EXTENT.test(line)) {
      const flags = line
        .slice(line.lastIndexOf(':') + 1)
        .trim()
        .split(',');
      facts.shared ||= flags.includes('shared');
      facts.inline ||= flags.includes('inline');
      facts.unclear ||= ['unknown_loc', 'delalloc', 'encoded', 'encrypted', 'tail'].some((flag) =>
        flags.includes(flag),
      );
    }
  }
  return found;
}

/** Opens the file if it still is the examined one. */
function openExamined({ path, entry }: SurveyedFile): number | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, O_RDONLY | SAFELY);
  } catch {
    return undefined;
  }
  const { dev, ino } = fstatSync(descriptor, { bigint: true });
  if (String(dev) === entry.device && String(ino) === entry.inode) return descriptor;
  closeSync(descriptor);
  return undefined;
}

function mapBatch(files: readonly SurveyedFile[]): (ExtentFacts | undefined)[] {
  const opened = files.map(openExamined);
  const descriptors = opened.filter((each) => each !== undefined);
  try {
    // The tool gets open files and no names: it sees the very files, and no name can lead it astray.
    const names = descriptors.map((_, at) => `/dev/fd/${at + FIRST_DESCRIPTOR}`);
    const run =
      names.length === 0 ? undefined : runSystemToolNow('filefrag', ['-s', '-v', ...names], { descriptors });
    // It fails as a whole where one file fails, and has printed the others.
    const facts = run === undefined || run.status === 'missing' ? new Map() : parseFilefrag(run.stdout);
    let next = FIRST_DESCRIPTOR;
    return opened.map((descriptor) =>
      descriptor === undefined ? undefined : (facts.get(`/dev/fd/${next++}`) as ExtentFacts | undefined),
    );
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

/**
 * Asks the file system where the content of files lies. The ioctl for it cannot be called from Node, so filefrag is.
 * @returns one answer for each file; undefined where it could not be found out
 */
export function mapExtents(files: readonly SurveyedFile[]): (ExtentFacts | undefined)[] {
  const answers: (ExtentFacts | undefined)[] = [];
  for (let at = 0; at < files.length; at += AT_ONCE) answers.push(...mapBatch(files.slice(at, at + AT_ONCE)));
  return answers;
}

const PLAIN_NAME = /^[^\p{Cc}\uFFFD]*$/u;

/** Reads the output of `lsattr -d`: letters of the attributes by position. */
export function parseLsattr(output: string): string[] {
  return output
    .split('\n')
    .map((line) => /^([-A-Za-z]+) /.exec(line)?.[1])
    .filter((flags) => flags !== undefined);
}

/**
 * Whether each file has an attribute of chattr(1). Undefined where it could not be found out, as with a name that cannot
 * be given to a program.
 * @param letter `C`: exempt from copy on write; `j`: content goes through the journal
 */
export function haveAttribute(files: readonly SurveyedFile[], letter: 'C' | 'j'): (boolean | undefined)[] {
  const answers: (boolean | undefined)[] = [];
  for (let at = 0; at < files.length; at += AT_ONCE) {
    const batch = files.slice(at, at + AT_ONCE);
    const names = batch.map(({ path }) => path.toString('utf8'));
    const tellable = names.every((name) => PLAIN_NAME.test(name));
    const run = tellable ? runSystemToolNow('lsattr', ['-d', '--', ...names]) : undefined;
    const flags = run?.status === 'done' ? parseLsattr(run.stdout) : [];
    answers.push(...batch.map((_, index) => attributeOf(flags, index, { count: batch.length, letter })));
  }
  return answers;
}

function attributeOf(
  flags: readonly string[],
  index: number,
  { count, letter }: { count: number; letter: string },
): boolean | undefined {
  return flags.length === count ? flags[index]?.includes(letter) : undefined;
}
