import { type AttestedMethod, type MediaFacts, type Sanitization, statedLine } from '../certificate/index.js';
import { badInput } from '../model/index.js';
import type { PlanItemLine } from './plan-document.js';

/** What a person read off a medium before it was destroyed. */
export type StatedMedia = Pick<MediaFacts, 'type' | 'vendor' | 'model' | 'serial'>;

/**
 * Reads what a medium is, as it is written on the command line.
 *
 * @returns null where nothing is stated
 * @throws Fault `statement-invalid` (exit 2)
 */
export function statedMedia(given: {
  kind?: string | undefined;
  maker?: string | undefined;
  model?: string | undefined;
  serial?: string | undefined;
}): StatedMedia | null {
  const media = {
    type: statedLine(given.kind, '--kind'),
    vendor: statedLine(given.maker, '--maker'),
    model: statedLine(given.model, '--model'),
    serial: statedLine(given.serial, '--serial'),
  };
  return Object.values(media).every((value) => value === null) ? null : media;
}

/** NIST SP 800-88: what is destroyed is destroyed, and what is erased can be cleared or purged. */
const CATEGORIES: Readonly<Partial<Record<AttestedMethod, readonly Sanitization[]>>> = {
  destroyed: ['destroy'],
  erased: ['clear', 'purge'],
};

/**
 * Refuses what cannot be said of these items: no serial number is of several media, and paper has neither that nor a
 * category.
 *
 * @throws Fault `media-not-one`, `media-is-paper`, `category-not-allowed` (exit 2)
 */
export function requireMediaOf(
  lines: readonly PlanItemLine[],
  method: AttestedMethod,
  stated: { media: StatedMedia | null; sanitization: Sanitization | null },
): void {
  const { media, sanitization } = stated;
  if (media === null && sanitization === null) return;
  const paper = lines.find(({ medium }) => medium === 'paper');
  if (paper) {
    throw badInput(
      'media-is-paper',
      `${paper.itemId} is paper, which has no serial number and no category of NIST SP 800-88`,
      { hint: 'Leave out --kind, --maker, --model, --serial and --category' },
    );
  }
  if (media !== null && lines.length > 1) {
    throw badInput('media-not-one', `One medium is described, and ${lines.length} items are named`, {
      hint: 'Record each item alone, with its own serial number',
    });
  }
  const allowed = CATEGORIES[method] ?? [];
  if (sanitization === null || allowed.includes(sanitization)) return;
  throw badInput('category-not-allowed', `What was ${method} cannot be of the category ${sanitization}`, {
    hint: `Use one of: ${allowed.join(', ')}`,
  });
}
