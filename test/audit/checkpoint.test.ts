import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import {
  checkpointByNumber,
  checkpointLog,
  type LogEvent,
  leafHash,
  newestCheckpoint,
  openCheckpoint,
  parseProof,
  proveConsistency,
  proveEntries,
  proveEntry,
  verifyConsistency,
  verifyEntryProof,
  writeProof,
} from '../../src/audit/index.js';
import { createSigningKey, noteKey, openNote, parseNoteKey, signNote } from '../../src/crypto/index.js';
import { openSession, type Session } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { sampleSession, sampleWorkspace } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';
import { goCheck, hasGo } from './go-checker.js';

const EVENT: LogEvent = { action: 'test.test', outcome: 'done' };

/** Appends entries, each of some text of its own. */
async function record(session: Session, count: number, event = EVENT): Promise<void> {
  const events = Array.from({ length: count }, (_, at) => ({ ...event, data: { at, text: 'é\u2028' } }));
  await session.store.transaction((transaction) => session.recorder.appendAll(transaction, events));
}

/** Changes the database as somebody with the sqlite3 shell would. */
async function tamper(session: Session, sql: string): Promise<void> {
  const database = new sqlite3.Database(session.paths.database);
  await new Promise<void>((done, fail) => {
    database.exec(sql, (error) => (error ? fail(error) : done()));
  });
  await new Promise<void>((done) => {
    database.close(() => done());
  });
}

describe('a note', () => {
  it('is the example of the specification', () => {
    // C2SP signed-note, first section; the key is not given there, so the parts are compared.
    const key = parseNoteKey(
      'quasimodo.example/salvatore+3678d44b+AaoYCtTLwGsZbWmbXBvaLR9Zuqg7gPuJCSZBZXN7mjqC',
    );
    if (key) expect(key.text.startsWith('quasimodo')).toBe(true);
    const { privateKey, publicKey } = createSigningKey();
    const mine = noteKey('quietus/x', publicKey);
    const note = signNote('a\n\nb\n', [{ name: 'quietus/x', privateKey }]);
    expect(openNote(note, [mine])).toEqual({ text: 'a\n\nb\n', signedBy: [mine] });
    expect(parseNoteKey(mine.text)).toEqual(mine);
  });

  it.each([
    ['without a signature', (note: string) => note.slice(0, note.indexOf('—'))],
    ['without its final newline', (note: string) => note.slice(0, -1)],
    ['with another text', (note: string) => note.replace('one', 'two')],
    ['with a control character', (note: string) => note.replace('one', 'o\u0007ne')],
    ['with another signature', (note: string) => note.replace(/.{8}=\n$/, 'AAAAAAA=\n')],
    ['with a space more', (note: string) => note.replace('— ', '—  ')],
    ['with a hyphen for the dash', (note: string) => note.replace('— ', '- ')],
    ['that is empty', () => ''],
  ])('%s is refused', (_, change) => {
    const { privateKey, publicKey } = createSigningKey();
    const note = signNote('one\n', [{ name: 'n', privateKey }]);
    expect(openNote(note, [noteKey('n', publicKey)])).not.toBe(null);
    expect(openNote(change(note), [noteKey('n', publicKey)])).toBe(null);
  });

  it('is refused where only an unknown key has signed it, and keeps other signatures out', () => {
    const [one, two] = [createSigningKey(), createSigningKey()];
    const note = signNote('text\n', [
      { name: 'n', privateKey: one.privateKey },
      { name: 'n', privateKey: two.privateKey },
    ]);
    expect(openNote(note, [noteKey('n', createSigningKey().publicKey)])).toBe(null);
    expect(openNote(note, [noteKey('m', one.publicKey)])).toBe(null);
    expect(openNote(note, [noteKey('n', two.publicKey)])?.signedBy).toHaveLength(1);
    expect(openNote(note, [noteKey('n', one.publicKey), noteKey('n', two.publicKey)])?.signedBy).toHaveLength(
      2,
    );
  });
});

describe('a checkpoint', () => {
  it('covers the log as it is, is signed, and is not made twice for the same log', async () => {
    const session = await sampleSession();
    await record(session, 300);
    const first = await checkpointLog(session);
    expect(first).toMatchObject({
      number: 1,
      size: 301,
      origin: `quietus/${session.settings().workspaceId}`,
    });
    expect(await checkpointLog(session)).toEqual(first);
    await record(session, 1);
    const second = await checkpointLog(session);
    expect(second).toMatchObject({ number: 2, size: 302 });
    expect(await newestCheckpoint(session.store)).toEqual(second);
    expect(await checkpointByNumber(session.store, 1)).toEqual(first);
    const lines = second.note.split('\n');
    expect(lines.slice(0, 2)).toEqual([second.origin, '302']);
    expect(lines[3]).toBe('');
  });

  it('is named by the entry after it, and only by that', async () => {
    const session = await sampleSession();
    const { note } = await checkpointLog(session);
    await record(session, 2);
    const [, first, second] = (await session.store.log.page(0, 10)).map(({ entry }) => JSON.parse(entry));
    const digest = execFileSync('sha256sum', { input: note }).toString().slice(0, 64);
    expect(first.checkpoint).toEqual({ number: 1, sha256: digest });
    expect(second).not.toHaveProperty('checkpoint');
  });

  it('is made of itself where half of what policy allows has no signature, also within one long write', async () => {
    const session = await sampleSession();
    await record(session, 499 - 1);
    expect(await newestCheckpoint(session.store)).toBe(undefined);
    await record(session, 1);
    expect(await newestCheckpoint(session.store)).toMatchObject({ number: 1, size: 500 });
    await record(session, 1300);
    expect(await newestCheckpoint(session.store)).toMatchObject({ number: 2, size: 1800 });
  });

  it('is made when a session ends that has destroyed or certified something, and not otherwise', async () => {
    const root = await sampleWorkspace();
    const use = async (event: LogEvent) => {
      const session = await openSession({ paths: workspacePaths(root), command: 'test' });
      await record(session, 1, event);
      await session.close();
      const again = await openSession({ paths: workspacePaths(root), command: 'test' });
      onTestFinished(() => again.close());
      return await newestCheckpoint(again.store);
    };
    expect(await use(EVENT)).toBe(undefined);
    expect(await use({ action: 'other.destroy', outcome: 'intent' })).toMatchObject({ number: 1, size: 3 });
    expect(await use({ action: 'certificate.issue', outcome: 'done' })).toMatchObject({ number: 2, size: 4 });
    expect(await use({ action: 'inventory.add', outcome: 'done' })).toMatchObject({ number: 2, size: 4 });
  });

  it('is refused for a log that does not continue the one before', async () => {
    for (const sql of [
      "update log_entries set entry = replace(entry, 'jdoe', 'jroe') where seq = 295",
      'delete from log_entries where seq = 295',
      `update log_nodes set hash = zeroblob(32) where position = 0`,
      "update log_checkpoints set note = replace(note, '300', '299')",
      'update log_tree set size = 301',
      "update log_tree set head = '00'",
      'delete from log_entries where seq >= 300',
    ]) {
      const session = await sampleSession();
      await record(session, 299);
      await checkpointLog(session);
      await tamper(session, sql);
      const attempt = (async () => {
        await record(session, 1);
        await checkpointLog(session);
      })();
      await expect(attempt, sql).rejects.toMatchObject({ exitCode: 5 });
    }
  });

  it('needs the key of which the log tells; work goes on without', async () => {
    const session = await sampleSession();
    const file = join(session.paths.keys, 'log.signing-key.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const kept = readFileSync(file);
    rmSync(file);
    await record(session, 600);
    expect(session.recorder.problem).toMatchObject({ code: 'log-key-lost' });
    await expect(checkpointLog(session)).rejects.toMatchObject({ code: 'log-key-lost', exitCode: 4 });
    expect(await newestCheckpoint(session.store)).toBe(undefined);
    writeFileSync(file, kept, { mode: 0o600 });
    expect(await checkpointLog(session)).toMatchObject({ size: 601 });
  });

  it('of a workspace that an older version made: its key and its tree are made at the first need', async () => {
    const session = await sampleSession();
    await record(session, 700);
    const before = await checkpointLog(session);
    await tamper(
      session,
      'delete from log_tree; delete from log_nodes; delete from log_keys; delete from log_checkpoints',
    );
    rmSync(join(session.paths.keys, 'log.signing-key.json'));
    const after = await checkpointLog(session);
    expect(after).toMatchObject({ number: 1, size: before.size + 1 });
    expect((await session.store.log.head())?.action).toBe('log.key');
    const [key] = after.signedBy;
    expect(JSON.parse((await session.store.log.head())?.entry ?? '').data).toEqual({
      epoch: 1,
      log_key: key?.text,
    });
    const proof = await proveConsistency(session.store, before, after);
    expect(verifyConsistency(proof, before, after)).toBe(true);
  });
});

describe('a proof', () => {
  it('leads from any entry to any checkpoint that covers it', async () => {
    const session = await sampleSession();
    await record(session, 700);
    const older = await checkpointLog(session);
    await record(session, 333);
    const newer = await checkpointLog(session);
    for (const checkpoint of [older, newer]) {
      const seqs = [1, 2, 255, 256, 257, 512, 513, 700, 701];
      const proved = await proveEntries(session.store, seqs, checkpoint);
      for (const { seq, entry, proof } of proved) {
        const [key] = checkpoint.signedBy;
        expect(verifyEntryProof(proof, entry, key ? [key] : [])).toMatchObject({
          seq,
          checkpoint: { size: checkpoint.size },
        });
        expect(verifyEntryProof(proof, `${entry} `, key ? [key] : [])).toBe(null);
        expect(verifyEntryProof(proof, entry, [])).toBe(null);
        expect(parseProof(proof)?.index).toBe(seq - 1);
      }
    }
    const other = await sampleSession();
    const { signedBy } = await checkpointLog(other);
    const { proof, entry } = await proveEntry(session.store, 5);
    expect(verifyEntryProof(proof, entry, signedBy)).toBe(null);
  });

  it('is refused for what is not in the log or not signed, and where the log was changed', async () => {
    const session = await sampleSession();
    await record(session, 10);
    await expect(proveEntry(session.store, 5)).rejects.toMatchObject({
      code: 'log-entry-unsigned',
      exitCode: 2,
    });
    const checkpoint = await checkpointLog(session);
    await expect(proveEntry(session.store, 12)).rejects.toMatchObject({
      code: 'log-entry-unknown',
      exitCode: 2,
    });
    await record(session, 1);
    await expect(proveEntry(session.store, 12)).rejects.toMatchObject({ code: 'log-entry-unsigned' });
    await tamper(session, "update log_entries set entry = replace(entry, 'jdoe', 'jroe') where seq = 3");
    await expect(proveEntry(session.store, 5, checkpoint)).rejects.toMatchObject({
      code: 'log-inconsistent',
      exitCode: 5,
    });
  });

  it.each([
    ['another first line', (text: string) => text.replace('@v1', '@v2')],
    ['a leading zero', (text: string) => text.replace('index 4', 'index 04')],
    ['another index', (text: string) => text.replace('index 4', 'index 5')],
    ['a hash less', (text: string) => text.replace(/\n[^\n]{44}\n/, '\n')],
    ['a short hash', (text: string) => text.replace(/\n[^\n]{44}\n/, '\nAAAA\n')],
    ['no empty line', (text: string) => text.replace('\n\n', '\n')],
    ['an extra line too many', (text: string) => text.replace('index', 'extra AAAA\nextra AAAA\nindex')],
    ['another checkpoint size', (text: string) => text.replace('\n11\n', '\n12\n')],
  ])('with %s is refused', async (_, change) => {
    const session = await sampleSession();
    await record(session, 10);
    const { signedBy } = await checkpointLog(session);
    const { proof, entry } = await proveEntry(session.store, 5);
    expect(change(proof)).not.toBe(proof);
    expect(verifyEntryProof(change(proof), entry, signedBy)).toBe(null);
    expect(verifyEntryProof(proof.replace('index', 'extra AAAA\nindex'), entry, signedBy)).toMatchObject({
      seq: 5,
    });
  });
});

describe.skipIf(!hasGo())("Go's checksum database library", () => {
  test('accepts checkpoints, inclusion and consistency proofs, and refuses changed ones', async () => {
    const session = await sampleSession();
    const folder = temporaryFolder();
    const file = (text: string) => {
      const path = join(folder, randomUUID());
      writeFileSync(path, text);
      return path;
    };
    const checkpoints = [];
    for (const count of [1, 254, 1, 1, 700, 0, 64]) {
      await record(session, count);
      checkpoints.push(await checkpointLog(session));
    }
    const newest = checkpoints.at(-1) as (typeof checkpoints)[number];
    const vkey = newest.signedBy[0]?.text ?? '';
    for (const { size, root, note } of checkpoints)
      expect(goCheck('checkpoint', vkey, file(note))).toBe(`ok ${size} ${root.toString('base64')}`);
    for (const older of checkpoints) {
      const proof = await proveConsistency(session.store, older, newest);
      const hashes = proof.map((hash) => hash.toString('base64'));
      expect(goCheck('consistency', vkey, file(older.note), file(newest.note), ...hashes)).toBe(
        `ok ${older.size} ${newest.size}`,
      );
      if (hashes.length > 0)
        expect(goCheck('consistency', vkey, file(older.note), file(newest.note), ...hashes.slice(1))).toMatch(
          /^refused/,
        );
    }
    for (const { seq, entry, proof } of await proveEntries(session.store, [1, 256, 257, 1000, newest.size])) {
      const path = join(folder, `entry-${seq}.tlog-proof`);
      const files = await writeProof({ seq, entry, hash: '', proof }, path, { force: false });
      expect(goCheck('inclusion', vkey, files.proof, files.entry)).toBe(`ok ${seq - 1} ${newest.size}`);
      writeFileSync(files.entry, `${entry} `);
      expect(goCheck('inclusion', vkey, files.proof, files.entry)).toMatch(/^refused/);
      await expect(writeProof({ seq, entry, hash: '', proof }, path, { force: false })).rejects.toMatchObject(
        {
          code: 'file-exists',
        },
      );
    }
    const texts = (await session.store.log.page(0, 5000)).map(({ entry }) => entry);
    expect(goCheck('root', file(`${texts.join('\n')}\n`))).toBe(
      `ok ${newest.size} ${newest.root.toString('base64')}`,
    );
    expect(leafHash(texts[0] ?? '')).toHaveLength(32);
    expect(goCheck('checkpoint', vkey, file(newest.note.replace('\n', '\n1')))).toMatch(/^refused/);
    expect(openCheckpoint(newest.note, newest.signedBy)).toMatchObject({ size: newest.size });
  });
});
