import { badInput, PI_ELEMENTS, type PiElement, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { DisposalStatement } from './ad-hoc-list.js';

/** What a person says on the command line of what they dispose of. */
export interface StatedWords {
  ground: string | undefined;
  /** Id of a class of the schedule. */
  recordClass: string | undefined;
  /** Citation of the law or rule that allows or asks for the disposal. */
  authority: string | undefined;
  piElements: readonly string[];
  dataSubjects: number | undefined;
  /** How many paths it is said of. */
  paths: number;
}

const LONGEST = 500;

/**
 * Makes the statement that the certificate prints. Nothing is guessed: what is not said stays not stated.
 *
 * @throws Fault `class-unknown`, `class-permanent`, `data-subjects-of-several`, `text-too-long`
 */
export async function readStatement(session: Session, words: StatedWords): Promise<DisposalStatement> {
  const { recordClass: id, paths } = words;
  if (words.dataSubjects !== undefined && paths > 1) {
    throw badInput(
      'data-subjects-of-several',
      `The number of data subjects cannot be said of ${paths} paths at once`,
      {
        hint: 'Dispose of each alone, or leave --data-subjects out: the certificate says then that nobody counted',
      },
    );
  }
  for (const text of [words.ground, words.authority]) {
    if ((text?.length ?? 0) > LONGEST) {
      throw badInput('text-too-long', `--ground and --authority take at most ${LONGEST} characters`);
    }
  }
  const schedule = await session.store.schedules.latest();
  const found = schedule?.classes.find((each) => each.id === id);
  if (id !== undefined && found === undefined) {
    throw badInput('class-unknown', `The schedule has no record class ${id}`, {
      hint: 'See the classes with: quietus schedule show',
    });
  }
  if (found?.disposition === 'permanent') {
    throw refused(
      'class-permanent',
      `Records of ${found.id} are kept for ever (${found.authority.citation})`,
    );
  }
  const citation = words.authority?.trim() || undefined;
  return {
    ground: words.ground?.trim() || null,
    recordClass: found?.id ?? null,
    classTitle: found?.title ?? null,
    authority:
      citation === undefined
        ? (found?.authority ?? null)
        : { citation, source: null, checked: session.today(), warning: null },
    piElements: PI_ELEMENTS.filter((element): element is PiElement => words.piElements.includes(element)),
    dataSubjects: words.dataSubjects ?? null,
  };
}
