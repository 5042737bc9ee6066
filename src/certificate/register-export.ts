import { badInput } from '../model/index.js';
import type { Session } from '../session/index.js';
import { writeFileAtomically } from '../workspace/index.js';
import { warnOfMissingCharacters } from './missing-characters.js';
import { drawWith, usableFont } from './pdf-assets.js';
import { thisTool } from './tool.js';
import { registerCsv, yearlyRegister } from './yearly-register.js';

/** The register of a year as text, for standard output. @throws Fault as `yearlyRegister` */
export async function registerAsCsv(session: Session, year: number): Promise<string> {
  return await registerCsv(yearlyRegister(session, year));
}

/**
 * Writes the register of a year as a PDF.
 *
 * @throws Fault `file-exists` (exit 2) unless `force` is set, and as `yearlyRegister`
 */
export async function writeRegisterPdf(
  session: Session,
  year: number,
  path: string,
  options: { force: boolean },
): Promise<void> {
  const { registerPdf } = await import('./register-pdf.js');
  const { organization, timeZone, certificate } = session.settings();
  const at = session.clock.now().toISOString();
  const facts = { year, organization: organization.name, timeZone, at, tool: thisTool() };
  const pdf = await drawWith({ font: usableFont(certificate.font), logo: null }, ({ font }) =>
    registerPdf(yearlyRegister(session, year), facts, font),
  );
  try {
    await writeFileAtomically(path, pdf.bytes, { exclusive: !options.force });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw badInput('file-exists', `${path} is there already`, { hint: 'Name another file, or add --force' });
  }
  warnOfMissingCharacters(session, pdf.missingCharacters, {
    what: 'The PDF of the register',
    again: 'then write it again',
  });
}
