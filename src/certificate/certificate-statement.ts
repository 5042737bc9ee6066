import type { Reason } from '../model/index.js';
import { METHOD_LIMITS } from '../shred/index.js';
import type { CertifiedPlan, IssuedFacts, SubjectKind } from './certificate-facts.js';
import type { Totals } from './certificate-format.js';
import { counted } from './certificate-words.js';
import { dateInWords, instantInWords } from './local-time.js';

/**
 * The certificate in words. Written so that no sentence says more than the outcomes do: overwriting files is
 * partial sanitization (NIST SP 800-88 Rev. 2), so none of its categories is named for it, and what people did is
 * told as their statement.
 */
export function certificateStatement(facts: IssuedFacts, totals: Totals): string[] {
  const plan = planOf(facts);
  const stated = facts.subject.kind === 'physical';
  return [
    replacementParagraph(facts),
    stated ? recordParagraph(facts, totals) : courseParagraph(facts),
    verifiedParagraph(facts, totals),
    residualParagraph(totals),
    keyParagraph(totals),
    mediaParagraph(facts),
    rowsParagraph(totals),
    attestedParagraph(totals),
    stated
      ? `This certificate is of these items only; what became of other items of plan ${plan?.id} is not said here.`
      : exceptionParagraph(totals),
    subjectsParagraph(totals),
    stated
      ? `Legal holds were checked when the plan was made and when the statement was recorded, not at the destruction itself; ${holds(facts.holdsInForce)}, and no item listed here was under one.`
      : `Legal holds were checked again when each item was claimed for disposal; ${holds(facts.holdsInForce)}, and no item listed as destroyed was under one.`,
    lawParagraph(totals),
  ].filter((paragraph) => paragraph !== undefined);
}

function planOf({ subject }: IssuedFacts): CertifiedPlan | null {
  return 'plan' in subject ? subject.plan : null;
}

function replacementParagraph({ replaces }: IssuedFacts): string | undefined {
  if (replaces === null) return undefined;
  return `This certificate takes the place of certificate ${replaces}, which is of the same disposal and is not to be used any more.`;
}

function recordParagraph(facts: IssuedFacts, totals: Totals): string {
  const { operator, timeZone } = facts;
  return [
    `For ${facts.organization.name}, ${operator.name} (${operator.id}) recorded on ${instantInWords(facts.startedAt, timeZone)} what people stated about the destruction of ${counted(totals.items, 'item', 'items')} of ${planInWords(facts)}.`,
    approvalSentence(facts),
  ].join(' ');
}

function planInWords(facts: IssuedFacts): string {
  const plan = planOf(facts);
  if (plan === null) return 'no disposal plan';
  return `disposal plan ${plan.id}, drawn up as of ${dateInWords(plan.asOf)} under version ${plan.scheduleVersion} of the organization's retention schedule`;
}

/** What was done where there was no plan to carry out, or where more is to be told of it. */
const ACTS: Readonly<Record<Exclude<SubjectKind, 'sweep' | 'physical'>, string>> = {
  disposal: 'disposed of what a person had named, outside a plan',
  archive: 'destroyed the keys of an encrypted archive',
  device: 'had a whole medium sanitized',
};

function courseParagraph(facts: IssuedFacts): string {
  const { operator, timeZone, subject } = facts;
  const who = `For ${facts.organization.name}, ${operator.name} (${operator.id})`;
  const planned = planOf(facts) !== null;
  const act =
    subject.kind === 'sweep' || subject.kind === 'physical'
      ? `${who} carried out ${planInWords(facts)}.`
      : `${who} ${ACTS[subject.kind]} (${subject.id})${planned ? `, for ${planInWords(facts)}` : ''}.`;
  const ground =
    'ground' in subject && subject.ground !== null ? `Ground given: ${subject.ground}` : undefined;
  return [
    act,
    ground && (/[.!?]$/.test(ground) ? ground : `${ground}.`),
    `It began on ${instantInWords(facts.startedAt, timeZone)} and ended on ${instantInWords(facts.finishedAt, timeZone)}.`,
    planned || facts.approvals.length > 0 ? approvalSentence(facts) : undefined,
  ]
    .filter((sentence) => sentence !== undefined)
    .join(' ');
}

function approvalSentence({ approvals, timeZone }: IssuedFacts): string {
  if (approvals.length === 0) return 'No approval was recorded for it.';
  const given = approvals.map(
    (approval) =>
      `${approval.operatorName} (${approval.operatorId}) on ${instantInWords(approval.approvedAt, timeZone)}`,
  );
  return `It was approved by ${listInWords(given)}.`;
}

function verifiedParagraph(facts: IssuedFacts, totals: Totals): string | undefined {
  const count = totals.overwritten_verified;
  if (count === 0) return undefined;
  const cached = facts.items.filter(
    (item) => item.outcome === 'overwritten-verified' && item.verification.readFrom === 'page-cache',
  ).length;
  const told = `${counted(count, 'item was', 'items were')} overwritten in place, read back and compared with what had been written, and then deleted.`;
  if (cached === 0) return told;
  const which = cached === count ? 'The comparison was' : `For ${cached} of them the comparison was`;
  return `${told} ${which} made through the operating system's cache, which shows what was written but not what the medium holds.`;
}

function residualParagraph(totals: Totals): string | undefined {
  const count = totals.overwritten_residual;
  if (count === 0) return undefined;
  return `${counted(count, 'item was', 'items were')} overwritten and deleted on storage that is known to be able to keep earlier content elsewhere. Something may remain; the reasons stand beside each item.`;
}

function keyParagraph(totals: Totals): string | undefined {
  const count = totals.key_erased;
  if (count === 0) return undefined;
  return `${counted(count, 'item was', 'items were')} kept encrypted, and the keys that open ${count === 1 ? 'it' : 'them'} were destroyed (cryptographic erase). The encrypted content may still exist; whoever has no copy of a key cannot read it.`;
}

function mediaParagraph({ items }: IssuedFacts): string | undefined {
  const media = items.filter(({ outcome }) => outcome === 'sanitized');
  if (media.length === 0) return undefined;
  const counts = SANITIZATION_NAMES.map(
    ([code, name]) => [media.filter(({ sanitization }) => sanitization === code).length, name] as const,
  ).filter(([count]) => count > 0);
  const told = counts.map(([count, name]) => `${counted(count, 'medium', 'media')} by ${name}`);
  return `Sanitized as a whole, in the categories of NIST SP 800-88 Rev. 2: ${listInWords(told)}. How that was verified stands with each medium.`;
}

function rowsParagraph(totals: Totals): string | undefined {
  const count = totals.rows_deleted;
  if (count === 0) return undefined;
  return `For ${counted(count, 'item', 'items')} rows were deleted from a database and counted before and after. What the files of the database may still hold stands beside each item.`;
}

function attestedParagraph(totals: Totals): string | undefined {
  const count = totals.attested;
  if (count === 0) return undefined;
  return `${counted(count, 'item was', 'items were')} destroyed by people. This certificate repeats what they stated; the program that issued it neither witnessed nor verified it.`;
}

function exceptionParagraph(totals: Totals): string {
  const count = totals.exceptions;
  if (count === 0) return 'No item that was to be disposed of was left out.';
  return `${counted(count, 'item that was to be disposed of was', 'items that were to be disposed of were')} not destroyed, or cannot be shown to have been. ${count === 1 ? 'It is listed as an exception, and nothing is certified of it' : 'They are listed as exceptions, and nothing is certified of them'}.`;
}

function subjectsParagraph(totals: Totals): string {
  const { data_subjects: subjects, items_without_data_subjects: uncounted, items } = totals;
  if (uncounted === items) return 'The number of data subjects was not recorded for any of these items.';
  const sum = `The records destroyed refer to ${uncounted > 0 ? 'at least ' : ''}${counted(subjects, 'data subject', 'data subjects')}, added up item by item, so that a person in two items counts twice.`;
  if (uncounted === 0) return sum;
  return `${sum} For ${counted(uncounted, 'item', 'items')} nobody recorded a number.`;
}

function lawParagraph(totals: Totals): string {
  const partial =
    totals.overwritten_verified + totals.overwritten_residual > 0
      ? "Overwriting files is partial sanitization in the sense of NIST SP 800-88 Rev. 2: it reaches the space that the files took up and not the medium as a whole, and none of that publication's categories is claimed for it. "
      : '';
  return `${partial}M.G.L. c. 93I, § 2 asks that (a) paper documents be redacted, burned, pulverized or shredded, and that (b) electronic and other non-paper media be destroyed or erased, so that personal information cannot practicably be read or reconstructed. This certificate records what was done. It is not legal advice and does not decide whether that was enough in a given case.`;
}

/**
 * What the methods of these items never reach. It stands on every certificate that it concerns, whatever the
 * run reports.
 */
export function standingLimits(facts: IssuedFacts): Reason[] {
  const overwritten = facts.items.some(({ outcome }) => outcome.startsWith('overwritten-'));
  const attested = facts.items.some((item) => item.outcome === 'attested');
  return [...(overwritten ? METHOD_LIMITS : []), COPIES, ...(attested ? [ATTESTED] : [])];
}

/** Codes of the limits that `standingLimits` adds. */
export function standingLimitCodes(): ReadonlySet<string> {
  return new Set([...METHOD_LIMITS, COPIES, ATTESTED].map(({ code }) => code));
}

const SANITIZATION_NAMES = [
  ['clear', 'Clear'],
  ['purge', 'Purge'],
] as const;

const COPIES: Reason = {
  code: 'copies-elsewhere',
  text: 'Copies that are kept elsewhere, such as in e-mail, in another program or on paper, are not covered unless they are items of this certificate.',
};

const ATTESTED: Reason = {
  code: 'attested-not-verified',
  text: 'Destruction by people is certified as they stated it. Whether it was complete was not verified by this program.',
};

function holds(count: number): string {
  if (count === 0) return 'no hold was in force';
  return count === 1
    ? '1 hold was in force in the workspace'
    : `${count} holds were in force in the workspace`;
}

function listInWords(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
