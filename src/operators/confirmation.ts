import type { KeyObject } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseLogEntry } from '../audit/index.js';
import { sha256, verifyText } from '../crypto/index.js';
import { badInput, type Operator, operatorState, refused, verificationFailed } from '../model/index.js';
import type { Repositories } from '../store/index.js';
import { groupOf, instant, type WorkspacePaths } from '../workspace/index.js';
import { enrolledKey } from './enrolment.js';
import type { OperatorDesk } from './operator-desk.js';
import { requireOperator } from './registration.js';
import { contentOf, readSigned, signStatement, writeSigned } from './signed-file.js';

const FORMAT = 'quietus-operator/1';

/**
 * Looks whether a key may be confirmed, before a passphrase is asked for.
 *
 * @param fingerprint what the person said: SHA-256 of the public key file, hex; spaces and colons are passed over
 * @throws Fault `operator-missing`, `operator-not-registered`, `enrolment-missing`, `fingerprint-differs`,
 *   `confirmation-by-adder`, `confirmation-of-own`, and as `enrolledKey`
 */
export async function confirmableKey(
  desk: OperatorDesk,
  id: string,
  fingerprint: string,
): Promise<{ operator: Operator; publicKey: string; fingerprint: string }> {
  const confirmer = await desk.operator();
  const operator = await requireOperator(desk.store, id);
  if (operatorState(operator) !== 'registered') {
    throw badInput('operator-not-registered', `The operator ${id} is ${operatorState(operator)}`, {
      hint: 'Only a registered operator without a key can be confirmed',
    });
  }
  const enrolled = enrolledKey(desk, operator);
  if (enrolled === undefined) {
    throw badInput('enrolment-missing', `The operator ${id} has made no key yet`, {
      hint: `The person runs it under the account ${operator.account}: quietus operator enroll`,
    });
  }
  if (fingerprint.replaceAll(/[\s:]/g, '').toLowerCase() !== enrolled.fingerprint) {
    throw refused('fingerprint-differs', `The fingerprint is not that of the key which ${id} has made`, {
      hint: 'Have the person read it out again, from: quietus operator enroll; if it still differs, somebody interfered',
    });
  }
  await requireSecondPerson(desk, operator, confirmer);
  return { operator, ...enrolled };
}

/** Where two or more people are active, who registered a person does not also confirm the key. */
async function requireSecondPerson(
  desk: OperatorDesk,
  operator: Operator,
  confirmer: Operator,
): Promise<void> {
  const active = (await desk.store.operators.list()).filter((each) => operatorState(each) === 'active');
  if (active.length < 2 || (await registrarOf(desk.store, operator.id)) !== confirmer.id) return;
  throw refused(
    'confirmation-by-adder',
    `${confirmer.id} registered ${operator.id} and may not confirm the key`,
    {
      hint: 'Ask another active operator to confirm it',
    },
  );
}

async function registrarOf(repositories: Repositories, id: string): Promise<string | undefined> {
  let after = 0;
  for (;;) {
    const page = await repositories.log.page(after, 500, { action: 'operator.add' });
    const entry = page
      .map((record) => parseLogEntry(record.entry))
      .find((each) => each?.subject.operator === id && each.outcome === 'done');
    if (entry) return entry.operator;
    const last = page.at(-1);
    if (last === undefined) return undefined;
    after = last.seq;
  }
}

/**
 * Makes a registered operator active: the confirming operator signs that this key is that person's.
 *
 * @throws Fault as {@link confirmableKey}, and `key-not-yours`
 */
export async function confirmOperator(
  desk: OperatorDesk,
  request: { id: string; fingerprint: string; key: KeyObject },
): Promise<Operator> {
  const confirmer = await desk.operator();
  const { operator, publicKey, fingerprint } = await confirmableKey(desk, request.id, request.fingerprint);
  const signed = signStatement(
    {
      format: FORMAT,
      workspace: desk.settings().workspaceId,
      operator: operator.id,
      account_uid: operator.accountUid,
      public_key_sha256: fingerprint,
      confirmed_by: confirmer.id,
      confirmed_at: instant(desk.clock),
    },
    request.key,
  );
  if (!verifyText(signed.statement, signed.signature, confirmer.publicKey)) {
    throw refused('key-not-yours', `The key is not the one registered for operator ${confirmer.id}`, {
      hint: 'Restore the right key file from a backup',
    });
  }
  await desk.store.transaction(async (transaction) => {
    const current = await transaction.operators.get(confirmer.id);
    const still = current !== undefined && operatorState(current) === 'active';
    if (!still || !(await transaction.operators.setPublicKey(operator.id, publicKey))) {
      throw refused('operator-changed', `The operators have changed meanwhile; nothing was done`, {
        hint: 'See: quietus operator list --all',
      });
    }
    await desk.recorder.append(transaction, {
      action: 'operator.confirm',
      outcome: 'done',
      subject: { operator: operator.id },
      data: { public_key_sha256: fingerprint, signature: signed.signature },
    });
    await writeSigned(confirmationFile(desk.paths, operator.id), signed);
  });
  return { ...operator, publicKey };
}

function confirmationFile(paths: WorkspacePaths, id: string): string {
  return join(paths.keys, `${id}.confirmation.json`);
}

/** What checking where a key comes from needs of a session. */
type Evidence = Pick<OperatorDesk, 'paths' | 'settings'>;

/**
 * Follows an operator's key to the one that made the workspace: each was confirmed by an active operator, whose
 * signature lies beside the key. A key that somebody wrote into the database has none.
 *
 * @throws Fault `operator-unproven` (exit 5)
 */
export async function requireProvenKey(
  evidence: Evidence,
  repositories: Repositories,
  operator: Operator,
): Promise<void> {
  const seen = new Set<string>();
  let current = operator;
  while (!(await madeWorkspace(evidence, repositories, current))) {
    const confirmer = seen.has(current.id) ? undefined : await confirmerOf(evidence, repositories, current);
    if (confirmer === undefined) {
      throw verificationFailed(
        'operator-unproven',
        `Nobody has confirmed the key of operator ${current.id}`,
        {
          hint: 'Somebody changed the database or the keys folder. Run: quietus log verify, and keep the workspace as it is',
        },
      );
    }
    seen.add(current.id);
    current = confirmer;
  }
}

/**
 * The first entry of the log names the first operator and the key. Who may write the database could rewrite that, but
 * not the public key file, which the owner of a shared workspace owns in a folder where nobody else can replace it.
 */
async function madeWorkspace(
  { paths }: Evidence,
  repositories: Repositories,
  operator: Operator,
): Promise<boolean> {
  const first = await repositories.log.get(1);
  const entry = first && parseLogEntry(first.entry);
  return (
    entry?.action === 'workspace.create' &&
    entry.subject.operator === operator.id &&
    entry.data.public_key_sha256 === sha256(operator.publicKey) &&
    (groupOf(paths.root) === null || ownersKey(paths, operator.id) === operator.publicKey)
  );
}

/** The text of a public key file that the account which owns the workspace owns. */
function ownersKey(paths: WorkspacePaths, id: string): string | undefined {
  const path = join(paths.keys, `${id}.pub.pem`);
  try {
    const status = lstatSync(path);
    return status.isFile() && status.uid === lstatSync(paths.root).uid
      ? readFileSync(path, 'utf8')
      : undefined;
  } catch {
    return undefined;
  }
}

async function confirmerOf(
  { paths, settings }: Evidence,
  repositories: Repositories,
  operator: Operator,
): Promise<Operator | undefined> {
  const found = readSigned(confirmationFile(paths, operator.id));
  if (found === undefined) return undefined;
  const content = contentOf(found.signed);
  const confirmer = await repositories.operators.get(String(content.confirmed_by));
  if (confirmer === undefined) return undefined;
  const confirmedAt = String(content.confirmed_at);
  const genuine =
    content.format === FORMAT &&
    content.workspace === settings().workspaceId &&
    content.operator === operator.id &&
    content.account_uid === operator.accountUid &&
    content.public_key_sha256 === sha256(operator.publicKey) &&
    (confirmer.deactivatedAt === null || confirmedAt < confirmer.deactivatedAt) &&
    verifyText(found.signed.statement, found.signed.signature, confirmer.publicKey);
  return genuine ? confirmer : undefined;
}
