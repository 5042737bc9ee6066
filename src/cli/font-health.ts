import type { Session } from '../session/index.js';
import { counted } from './counted.js';
import { type Finding, finding } from './health-finding.js';

/** Whether the names that every certificate prints can be printed. Nothing is said where they can. */
export async function checkFonts(session: Session): Promise<Finding[]> {
  const { fontAdvice, missingInNames } = await import('../certificate/index.js');
  const missing = await missingInNames(session);
  if (missing === 0) return [];
  const characters = counted(missing, 'character', 'characters');
  return [
    finding(
      'certificates',
      'warning',
      `Names of the organization or its operators have ${characters} that PDFs print as boxes, because no font has them`,
      { hint: fontAdvice(session) },
    ),
  ];
}
