import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Recorder } from '../audit/index.js';
import { createSigningKey, publicKeyOf, sha256, verifyText } from '../crypto/index.js';
import { badInput, type Operator, operatorState, refused, verificationFailed } from '../model/index.js';
import { instant, requireOwn, type WorkspacePaths } from '../workspace/index.js';
import { operatorOf } from './operator-account.js';
import type { OperatorDesk } from './operator-desk.js';
import {
  hasOperatorKey,
  readOperatorKey,
  requirePassphraseLength,
  writeOperatorKey,
  writePublicKey,
} from './operator-key.js';
import { contentOf, readSigned, signStatement, writeSigned } from './signed-file.js';

const FORMAT = 'quietus-enrolment/1';

/** The registered operator of this account, who has no confirmed key yet. @throws Fault `operator-active`, and as `operatorOf` */
export async function operatorToEnroll(desk: OperatorDesk): Promise<Operator> {
  const operator = await desk.store.operators.ofAccount(desk.account.name, desk.account.uid);
  if (operator === undefined) return await operatorOf(desk.store, desk.account);
  if (operatorState(operator) === 'registered') return operator;
  throw badInput('operator-active', `The operator ${operator.id} has a confirmed key`, {
    hint: 'A lost key is not replaced: have another operator deactivate this id and register a new one',
  });
}

/** Whether this account has made its key before, and whether that asks for a passphrase. */
export function earlierKey(desk: OperatorDesk, operator: Operator): { needsPassphrase: boolean } | undefined {
  if (!hasOperatorKey(desk.paths.keys, operator.id)) return undefined;
  return { needsPassphrase: readOperatorKey(desk.paths.keys, operator.id).needsPassphrase };
}

/**
 * Makes the key of a registered operator, under the account that it is bound to, so that nobody else ever has it;
 * and leaves a request that proves possession of the key. Run again, it uses the key that is there.
 *
 * @param passphrase of the key; null for a machine where nobody is there to type it
 * @returns the fingerprint that the person tells the operator who confirms it
 * @throws Fault `operator-active`, `operator-unknown`, `passphrase-short`, `passphrase-wrong`, `file-of-another`
 */
export async function enrollOperator(
  desk: OperatorDesk,
  passphrase: string | null,
): Promise<{ operator: Operator; fingerprint: string }> {
  const operator = await operatorToEnroll(desk);
  const { keys } = desk.paths;
  if (!hasOperatorKey(keys, operator.id)) {
    if (passphrase !== null) requirePassphraseLength(passphrase);
    await writeOperatorKey(keys, operator.id, createSigningKey(), passphrase);
  }
  const key = await readOperatorKey(keys, operator.id).unlock(passphrase);
  const publicKey = publicKeyOf(key);
  const fingerprint = sha256(publicKey);
  const request = signStatement(
    {
      format: FORMAT,
      workspace: desk.settings().workspaceId,
      operator: operator.id,
      account_uid: operator.accountUid,
      public_key: publicKey,
      enrolled_at: instant(desk.clock),
    },
    key,
  );
  await writePublicKey(keys, operator.id, publicKey);
  requireOwn(enrolmentFile(desk.paths, operator.id), 'the request');
  await writeSigned(enrolmentFile(desk.paths, operator.id), request);
  const actor = { operator: operator.id, host: hostname(), command: 'operator enroll' };
  const recorder = new Recorder(
    () => desk.settings().workspaceId,
    () => Promise.resolve(actor),
    desk.clock,
  );
  await desk.store.transaction(async (transaction) => {
    await recorder.append(transaction, {
      action: 'operator.enroll',
      outcome: 'done',
      subject: { operator: operator.id },
      data: { public_key_sha256: fingerprint, key: passphrase === null ? 'unattended' : 'passphrase' },
    });
  });
  return { operator, fingerprint };
}

function enrolmentFile(paths: WorkspacePaths, id: string): string {
  return join(paths.keys, `${id}.enrolment.json`);
}

/**
 * The public key that waits for a confirmation: its request must lie in a file that the operator's own account
 * owns, and be signed with that very key.
 *
 * @returns undefined where the person has not enrolled yet
 * @throws Fault `enrolment-of-another` (exit 4), `enrolment-invalid` (exit 5)
 */
export function enrolledKey(
  desk: OperatorDesk,
  operator: Operator,
): { publicKey: string; fingerprint: string } | undefined {
  const path = enrolmentFile(desk.paths, operator.id);
  if (!existsSync(path)) return undefined;
  const found = readSigned(path);
  if (found && process.platform !== 'win32' && found.uid !== operator.accountUid) {
    throw refused(
      'enrolment-of-another',
      `The request for ${operator.id} was written by another account (uid ${found.uid}, not ${operator.accountUid})`,
      { hint: `Ask who did that; then take the file away: keys/${operator.id}.enrolment.json` },
    );
  }
  const content: Record<string, unknown> = found ? contentOf(found.signed) : {};
  const publicKey = typeof content.public_key === 'string' ? content.public_key : '';
  const genuine =
    found !== undefined &&
    content.format === FORMAT &&
    content.workspace === desk.settings().workspaceId &&
    content.operator === operator.id &&
    content.account_uid === operator.accountUid &&
    verifyText(found.signed.statement, found.signed.signature, publicKey);
  if (genuine) return { publicKey, fingerprint: sha256(publicKey) };
  throw verificationFailed(
    'enrolment-invalid',
    `The request of ${operator.id} does not prove possession of a key`,
    {
      hint: `The person runs it again under their own account: quietus operator enroll`,
    },
  );
}
