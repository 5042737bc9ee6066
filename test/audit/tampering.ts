import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { checkpointLog, type LogEvent, rotateLogKey } from '../../src/audit/index.js';
import {
  canonicalJson,
  createSigningKey,
  noteKey,
  sealPrivateKey,
  sha256,
  signNote,
} from '../../src/crypto/index.js';
import { currentAccount } from '../../src/operators/index.js';
import { createWorkspace, deliver, openSession, type Session } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { TestClock, workspaceRequest } from '../session/sample-workspace.js';

// The corpus of tampered logs: a log as it is used, and what an insider may do to it. Each case says what it does.

/** What is kept elsewhere: checkpoints and the first key, as a person would have noted them down. */
export interface Kept {
  checkpoint: string;
  newestCheckpoint: string;
  key: string;
}

export interface Workspace {
  root: string;
  kept: Kept;
  /** Runs statements as somebody with the sqlite3 shell would. */
  sql(statements: string): string;
}

export interface Tampering {
  /** What it does, in words. */
  does: string;
  /** Why `log verify` refuses it, and the first bad entry. */
  code: string;
  seq: number;
  tamper(workspace: Workspace): void | Promise<void>;
  /** What the verifier is given from elsewhere. */
  with?: readonly (keyof Kept)[];
}

/** Entries of the log of the corpus: the workspace's first, then these, with checkpoints after some. */
const STEPS = [299, 150, 120];
/** Sizes of its checkpoints: after each of the steps, and those that a rotation of the key makes. */
export const SIZES = { first: 300, second: 450, rotated: 451, last: 571 };

let original: { folder: string; kept: Kept } | undefined;

/** A copy of the log of the corpus, untampered. @param folder an empty one */
export async function copyOfCorpus(folder: string): Promise<Workspace> {
  original ??= await makeOriginal();
  const root = join(folder, 'workspace');
  cpSync(join(original.folder, 'workspace'), root, { recursive: true });
  return {
    root,
    kept: original.kept,
    sql: (statements) =>
      execFileSync('sqlite3', [join(root, 'quietus.db')], { input: `.timeout 5000\n${statements};` })
        .toString()
        .trim(),
  };
}

async function makeOriginal(): Promise<{ folder: string; kept: Kept }> {
  const folder = mkdtempSync(join(inject('lasting'), 'corpus-'));
  const clock = new TestClock();
  const { paths } = await createWorkspace(workspaceRequest(join(folder, 'workspace'), { clock }));
  const session = await openSession({ paths: workspacePaths(paths.root), command: 'test', clock });
  const notes: string[] = [];
  const keep = async () => {
    notes.push((await checkpointLog(session)).note);
    await deliver(session, { force: true });
  };
  for (const [step, count] of STEPS.entries()) {
    await append(session, count);
    await keep();
    if (step === 0) execFileSync('sqlite3', [paths.database, `vacuum into '${join(folder, 'older.db')}'`]);
    if (step === 1) notes.push((await rotateLogKey(session)).checkpoint.note);
  }
  await append(session, 3);
  const kept = { checkpoint: notes[1] ?? '', newestCheckpoint: notes.at(-1) ?? '', key: '' };
  const first = (await session.store.logTree.keys())[0]?.key ?? '';
  await session.close();
  for (const name of ['checkpoint', 'newestCheckpoint'] as const) {
    writeFileSync(join(folder, name), kept[name]);
    kept[name] = join(folder, name);
  }
  writeFileSync(join(folder, 'key'), `${first}\n`);
  return { folder, kept: { ...kept, key: join(folder, 'key') } };
}

/** Entries in transactions of several, as commands write them. */
async function append(session: Session, count: number): Promise<void> {
  const event: LogEvent = { action: 'inventory.update', outcome: 'done', subject: { item: 'HR-1' } };
  for (let left = count; left > 0; left -= 50) {
    const events = Array.from({ length: Math.min(50, left) }, (_, at) => ({ ...event, data: { at } }));
    await session.store.transaction((transaction) => session.recorder.appendAll(transaction, events));
  }
}

/** The entry's object, for cases that write it anew. */
function entryAt({ sql }: Workspace, seq: number): Record<string, unknown> {
  return JSON.parse(sql(`select entry from log_entries where seq = ${seq}`)) as Record<string, unknown>;
}

/** Writes an entry in place of another, with a hash that fits it. */
function replace(workspace: Workspace, seq: number, entry: Record<string, unknown>): string {
  const text = canonicalJson(entry);
  const { time, operator, action } = entry as Record<string, string>;
  const values = [text, sha256(text), time, operator, action].map(
    (value) => `'${value?.replaceAll("'", "''")}'`,
  );
  workspace.sql(
    `update log_entries set entry = ${values[0]}, hash = ${values[1]}, time = ${values[2]}, operator = ${values[3]}, action = ${values[4]} where seq = ${seq}`,
  );
  return sha256(text);
}

/** Writes the chain anew from an entry to the end: what somebody does who knows how the log works. */
function rechain(workspace: Workspace, from: number, change: (entry: Record<string, unknown>) => void): void {
  const rows = JSON.parse(
    workspace.sql('select json_group_array(entry) from (select entry from log_entries order by seq)'),
  ) as string[];
  let prev = from === 1 ? '0'.repeat(64) : sha256(rows[from - 2] ?? '');
  const statements: string[] = [];
  for (const [index, row] of rows.entries()) {
    const seq = index + 1;
    if (seq < from) continue;
    const entry = { ...(JSON.parse(row) as Record<string, unknown>), prev };
    if (seq === from) change(entry);
    const text = canonicalJson(entry);
    prev = sha256(text);
    const { time, operator, action } = entry as Record<string, string>;
    const quoted = [text, prev, time, operator, action].map((value) => `'${value?.replaceAll("'", "''")}'`);
    statements.push(
      `update log_entries set entry = ${quoted[0]}, hash = ${quoted[1]}, time = ${quoted[2]}, operator = ${quoted[3]}, action = ${quoted[4]} where seq = ${seq}`,
    );
  }
  workspace.sql(`begin; ${statements.join('; ')}; commit`);
  workspace.sql('delete from log_tree');
}

/** Cuts off the end of the log everywhere in the database, as an older copy of it would be. */
function cutOff(workspace: Workspace, size: number): void {
  workspace.sql(
    `delete from log_entries where seq > ${size}; delete from log_checkpoints where size > ${size}; delete from log_keys where seq > ${size}; delete from log_nodes where (position + 1) * (1 << level) > ${size}; delete from log_tree`,
  );
}

/** Puts the database of the first checkpoint back in the place of the newest. */
function restoreOlder({ root, kept }: Workspace): void {
  for (const suffix of ['-wal', '-shm']) rmSync(join(root, `quietus.db${suffix}`), { force: true });
  cpSync(join(dirname(kept.key), 'older.db'), join(root, 'quietus.db'));
}

function removeCheckpointFiles({ root }: Workspace): void {
  rmSync(join(root, 'checkpoints'), { recursive: true });
}

/** A new key of the log's name, and its file in the workspace. */
async function plantKey({ root }: Workspace): Promise<{ sign(text: string): string; text: string }> {
  const settings = readFileSync(join(root, 'quietus.yaml'), 'utf8');
  const origin = `quietus/${/^workspace: (\S+)/m.exec(settings)?.[1]}`;
  const { privateKey, publicKey } = createSigningKey();
  const file = join(root, 'keys', 'log.signing-key.json');
  writeFileSync(file, await sealPrivateKey(privateKey, null));
  return {
    sign: (text) => signNote(text, [{ name: origin, privateKey }]),
    text: noteKey(origin, publicKey).text,
  };
}

const swap = (one: number, other: number) =>
  [
    [one, 9999],
    [other, one],
    [9999, other],
  ]
    .map(([from, to]) => `update log_entries set seq = ${to} where seq = ${from}`)
    .join('; ');

export const TAMPERINGS: readonly Tampering[] = [
  {
    does: 'edits the operator in one entry',
    code: 'entry-changed',
    seq: 120,
    tamper: ({ sql }) =>
      void sql(`update log_entries set entry = replace(entry, 'jdoe', 'jroe') where seq = 120`),
  },
  {
    does: 'edits the first entry',
    code: 'entry-changed',
    seq: 1,
    tamper: ({ sql }) =>
      void sql(`update log_entries set entry = replace(entry, 'init', 'sync') where seq = 1`),
  },
  {
    does: 'edits the last entry',
    code: 'entry-changed',
    seq: 574,
    tamper: ({ sql }) =>
      void sql(`update log_entries set entry = replace(entry, 'HR-1', 'HR-2') where seq = 574`),
  },
  {
    does: 'edits an entry and computes its hash anew',
    code: 'chain-broken',
    seq: 121,
    tamper: (workspace) => void replace(workspace, 120, { ...entryAt(workspace, 120), operator: 'jroe' }),
  },
  {
    does: 'edits the last entry and computes its hash anew, which no entry follows',
    code: 'tree-differs',
    seq: 574,
    tamper: (workspace) => void replace(workspace, 574, { ...entryAt(workspace, 574), outcome: 'failed' }),
  },
  {
    does: 'edits an entry and writes the chain anew from there, with the tree removed',
    code: 'checkpoint-differs',
    seq: 1,
    tamper: (workspace) => rechain(workspace, 120, (entry) => (entry.operator = 'jroe')),
  },
  {
    does: 'edits an entry, writes the chain anew, and removes the tree and its nodes',
    code: 'checkpoint-differs',
    seq: 1,
    tamper: (workspace) => {
      rechain(workspace, 120, (entry) => (entry.operator = 'jroe'));
      workspace.sql('delete from log_nodes');
    },
  },
  {
    does: 'edits an entry after the first checkpoint and writes the chain and nothing else anew',
    code: 'checkpoint-differs',
    seq: 301,
    tamper: (workspace) => {
      rechain(workspace, 400, (entry) => (entry.operator = 'jroe'));
      workspace.sql('delete from log_nodes');
    },
  },
  {
    does: 'edits an entry that no checkpoint covers yet, with chain and tree',
    code: 'tree-differs',
    seq: 574,
    tamper: (workspace) => {
      const kept = workspace.sql('select hex(peaks) from log_tree');
      rechain(workspace, 573, (entry) => (entry.operator = 'jroe'));
      const head = workspace.sql('select hash from log_entries where seq = 574');
      workspace.sql(`insert into log_tree values (1, 574, '${head}', x'${kept}', 571, null)`);
    },
  },
  {
    does: 'deletes an entry',
    code: 'entry-missing',
    seq: 200,
    tamper: ({ sql }) => void sql('delete from log_entries where seq = 200'),
  },
  {
    does: 'deletes the first entry',
    code: 'entry-missing',
    seq: 1,
    tamper: ({ sql }) => void sql('delete from log_entries where seq = 1'),
  },
  {
    does: 'deletes an entry and numbers the others anew',
    code: 'chain-broken',
    seq: 200,
    tamper: ({ sql }) =>
      void sql(
        'delete from log_entries where seq = 200; update log_entries set seq = -seq where seq > 200; update log_entries set seq = -seq - 1 where seq < 0',
      ),
  },
  {
    does: 'hides all later entries in a column of one before, so that they are read there, and changes what filters find',
    code: 'columns-differ',
    seq: 199,
    tamper: ({ sql }) =>
      void sql(
        `update log_entries set action = action || char(10) || (select substr(later, 1, length(later) - 1) from (select group_concat(char(10) || entry || char(10) || hash || char(10) || seq || char(10) || time || char(10) || operator || char(10) || action || char(10), '') as later from (select * from log_entries where seq > 199 order by seq))) where seq = 199; update log_entries set action = 'item.note', operator = 'mallory', entry = '{"forged":true}' where seq = 300`,
      ),
  },
  {
    does: 'makes a BLOB of an action, which no filter finds any more, though its bytes are the same',
    code: 'columns-differ',
    seq: 77,
    tamper: ({ sql }) => void sql('update log_entries set action = cast(action as blob) where seq = 77'),
  },
  {
    does: 'inserts a copy of an entry and numbers the others anew',
    code: 'chain-broken',
    seq: 201,
    tamper: ({ sql }) =>
      void sql(
        'update log_entries set seq = -seq where seq > 200; update log_entries set seq = -seq + 1 where seq < 0; insert into log_entries select 201, time, operator, action, hash, entry from log_entries where seq = 200',
      ),
  },
  {
    does: 'inserts an entry numbered 0',
    code: 'log-rewound',
    seq: 1,
    tamper: ({ sql }) =>
      void sql('delete from log_entries where seq > 0; insert into log_entries values (0, 0, 0, 0, 0, 0)'),
  },
  {
    does: 'lets two entries change places',
    code: 'chain-broken',
    seq: 30,
    tamper: ({ sql }) => void sql(swap(30, 31)),
  },
  {
    does: 'lets two entries far from each other change places, with their numbers',
    code: 'chain-broken',
    seq: 30,
    tamper: (workspace) => {
      const [one, other] = [entryAt(workspace, 30), entryAt(workspace, 330)];
      replace(workspace, 30, { ...other, seq: 30 });
      replace(workspace, 330, { ...one, seq: 330 });
    },
  },
  {
    does: 'changes the hash of an entry alone',
    code: 'entry-changed',
    seq: 77,
    tamper: ({ sql }) => void sql(`update log_entries set hash = lower(hex(zeroblob(32))) where seq = 77`),
  },
  {
    does: 'changes the time in the column that filters use',
    code: 'columns-differ',
    seq: 77,
    tamper: ({ sql }) => void sql(`update log_entries set time = '2020-01-01T00:00:00.000Z' where seq = 77`),
  },
  {
    does: 'changes the operator in the column that filters use',
    code: 'columns-differ',
    seq: 77,
    tamper: ({ sql }) => void sql(`update log_entries set operator = 'other' where seq = 77`),
  },
  {
    does: 'changes the action in the column that filters use',
    code: 'columns-differ',
    seq: 77,
    tamper: ({ sql }) => void sql(`update log_entries set action = 'hold.release' where seq = 77`),
  },
  {
    does: 'writes an entry in another spelling of the same JSON, with its hash',
    code: 'entry-malformed',
    seq: 77,
    tamper: (workspace) => {
      const text = JSON.stringify(entryAt(workspace, 77), null, 1);
      workspace.sql(`update log_entries set entry = '${text}', hash = '${sha256(text)}' where seq = 77`);
    },
  },
  {
    does: 'writes an entry with a key twice, with its hash',
    code: 'entry-malformed',
    seq: 77,
    tamper: (workspace) => {
      const text = canonicalJson(entryAt(workspace, 77)).replace(
        '"outcome":"done"',
        '"outcome":"failed","outcome":"done"',
      );
      workspace.sql(`update log_entries set entry = '${text}', hash = '${sha256(text)}' where seq = 77`);
    },
  },
  {
    does: 'replaces an entry by one of another workspace',
    code: 'workspace-differs',
    seq: 77,
    tamper: (workspace) => {
      const other = { ...entryAt(workspace, 77), workspace: '11111111-0b0a-4908-8706-050403020100' };
      replace(workspace, 77, other);
    },
  },
  {
    does: 'cuts off the last entry',
    code: 'log-rewound',
    seq: 574,
    tamper: ({ sql }) => void sql('delete from log_entries where seq = 574'),
  },
  {
    does: 'cuts off the end after a checkpoint, and the tree with it: entries that nothing vouched for are gone',
    code: 'log-rewound',
    seq: 451,
    tamper: (workspace) => cutOff(workspace, 450),
  },
  {
    does: 'restores an older copy of the database',
    code: 'log-rewound',
    seq: 301,
    tamper: restoreOlder,
  },
  {
    does: 'restores an older copy of the database and removes the checkpoints beside it',
    code: 'log-rewound',
    seq: 301,
    with: ['newestCheckpoint'],
    tamper: async (workspace) => {
      restoreOlder(workspace);
      removeCheckpointFiles(workspace);
      rmSync(join(workspace.root, 'keys', 'log.signing-key.json'));
    },
  },
  {
    does: 'restores an older copy and lets it grow past what it was, with the checkpoints beside it removed',
    code: 'outside-checkpoint-differs',
    seq: 301,
    with: ['checkpoint'],
    tamper: async (workspace) => {
      restoreOlder(workspace);
      removeCheckpointFiles(workspace);
      rmSync(join(workspace.root, 'keys', 'log.signing-key.json'));
      await use(workspace, (session) => append(session, 300));
    },
  },
  {
    does: 'deletes the newest checkpoint, which a later entry names',
    code: 'checkpoint-missing',
    seq: 572,
    tamper: ({ sql }) => void sql('delete from log_checkpoints where size = 571'),
  },
  {
    does: 'deletes a checkpoint in the middle and numbers the others anew',
    code: 'checkpoint-missing',
    seq: 301,
    tamper: ({ sql }) =>
      void sql(
        'delete from log_checkpoints where number = 1; update log_checkpoints set number = number - 1',
      ),
  },
  {
    does: 'deletes a checkpoint in the middle',
    code: 'checkpoint-missing',
    seq: 301,
    tamper: ({ sql }) => void sql('delete from log_checkpoints where number = 1'),
  },
  {
    does: 'exchanges two checkpoints',
    code: 'checkpoint-missing',
    seq: 1,
    tamper: ({ sql }) =>
      void sql(
        'update log_checkpoints set number = -number where number in (1, 2); update log_checkpoints set number = 3 + number where number < 0',
      ),
  },
  {
    does: 'edits the size in a checkpoint',
    code: 'checkpoint-changed',
    seq: 1,
    tamper: ({ sql }) =>
      void sql(
        `update log_checkpoints set note = replace(note, char(10) || '300' || char(10), char(10) || '299' || char(10)) where number = 1`,
      ),
  },
  {
    does: 'takes the signature off a checkpoint',
    code: 'checkpoint-changed',
    seq: 1,
    tamper: ({ sql }) =>
      void sql(`update log_checkpoints set note = substr(note, 1, instr(note, '—') - 1) where number = 1`),
  },
  {
    does: 'signs a checkpoint again with a key of their own',
    code: 'checkpoint-changed',
    seq: 1,
    tamper: async (workspace) => {
      const { sign } = await plantKey(workspace);
      const text = workspace.sql('select note from log_checkpoints where number = 1').split('\n\n')[0] ?? '';
      workspace.sql(`update log_checkpoints set note = '${sign(`${text}\n`)}' where number = 1`);
    },
  },
  {
    does: 'writes the whole log anew and signs it with a key of their own, all in the workspace',
    code: 'checkpoint-key-unknown',
    seq: 1,
    tamper: forge,
  },
  {
    does: 'writes the whole log anew under a key of their own and removes the checkpoints beside it; the first key was kept',
    code: 'key-differs',
    seq: 1,
    with: ['key'],
    tamper: async (workspace) => {
      await forge(workspace);
      removeCheckpointFiles(workspace);
    },
  },
  {
    does: 'puts another key into the workspace',
    code: 'key-differs',
    seq: 451,
    tamper: async (workspace) => void (await plantKey(workspace)),
  },
  {
    does: 'changes the key of the table of keys',
    code: 'key-differs',
    seq: 451,
    tamper: ({ sql }) => void sql('update log_keys set key = (select key from log_keys where number = 1)'),
  },
  {
    does: 'lets many entries go without a checkpoint',
    code: 'unsigned-tail',
    seq: 572,
    tamper: async (workspace) => {
      const file = join(workspace.root, 'keys', 'log.signing-key.json');
      const kept = readFileSync(file);
      rmSync(file);
      await use(workspace, (session) => append(session, 1100));
      writeFileSync(file, kept, { mode: 0o600 });
    },
  },
  {
    does: 'appends with the clock set back by a day',
    code: 'clock-backwards',
    seq: 575,
    tamper: async (workspace) => {
      const { time } = entryAt(workspace, 574) as { time: string };
      const now = new Date(Date.parse(time) - 86_400_000);
      await use(workspace, (session) => append(session, 1), { now: () => now });
    },
  },
  {
    does: 'changes a node of the tree that proofs rest on',
    code: 'tree-differs',
    seq: 257,
    tamper: ({ sql }) =>
      void sql('update log_nodes set hash = zeroblob(32) where level = 8 and position = 1'),
  },
  {
    does: 'changes the right edge of the tree',
    code: 'tree-differs',
    seq: 574,
    tamper: ({ sql }) => void sql('update log_tree set peaks = zeroblob(length(peaks))'),
  },
  {
    does: 'takes an entry out of the index by which it is looked up',
    code: 'index-differs',
    seq: 1,
    tamper: ({ sql }) =>
      void sql(`pragma writable_schema = on;
        create table was as select sql from sqlite_master where name = 'log_entries_marks';
        update sqlite_master set sql = sql || ' and seq > 1' where name = 'log_entries_marks';
        pragma writable_schema = reset; reindex log_entries_marks; pragma writable_schema = on;
        update sqlite_master set sql = (select sql from was) where name = 'log_entries_marks';
        pragma writable_schema = reset; drop table was`),
  },
  {
    does: 'puts an entry into an index that is for other actions',
    code: 'index-differs',
    seq: 2,
    tamper: ({ sql }) =>
      void sql(`pragma writable_schema = on;
        create table was as select sql from sqlite_master where name = 'log_entries_evidence';
        update sqlite_master set sql = sql || ' or seq = 2' where name = 'log_entries_evidence';
        pragma writable_schema = reset; reindex log_entries_evidence; pragma writable_schema = on;
        update sqlite_master set sql = (select sql from was) where name = 'log_entries_evidence';
        pragma writable_schema = reset; drop table was`),
  },
  {
    does: 'drops an index by which entries are looked up, and makes one with another condition',
    code: 'index-differs',
    seq: 1,
    tamper: ({ sql }) =>
      void sql(`drop index log_entries_evidence;
        create index log_entries_evidence on log_entries (action, seq) where action = 'hold.place'`),
  },
  {
    does: 'puts a checkpoint beside the database that was never made',
    code: 'checkpoint-key-unknown',
    seq: 301,
    tamper: async (workspace) => {
      const folder = join(workspace.root, 'checkpoints');
      const name = readdirSync(folder).find((each) => each.startsWith('checkpoint-000000000450')) ?? '';
      const file = join(folder, 'keys-kept');
      cpSync(join(workspace.root, 'keys', 'log.signing-key.json'), file);
      const { sign } = await plantKey(workspace);
      cpSync(file, join(workspace.root, 'keys', 'log.signing-key.json'));
      rmSync(file);
      const text = readFileSync(join(folder, name), 'utf8').split('\n\n')[0] ?? '';
      writeFileSync(join(folder, name), sign(`${text}\n`));
    },
  },
];

/** Everything that a database holds of a log, made anew under another key by somebody who knows how. */
async function forge(workspace: Workspace): Promise<void> {
  const { text } = await plantKey(workspace);
  workspace.sql(
    'delete from log_entries where seq > 440; delete from log_checkpoints; delete from log_nodes',
  );
  rechain(workspace, 1, (entry) => {
    entry.data = { ...(entry.data as object), log_key: text };
  });
  // Entries that name a checkpoint named those of the other key.
  workspace.sql('delete from log_entries where seq > 300; delete from log_tree');
  workspace.sql(`delete from log_keys where number > 1; update log_keys set key = '${text}'`);
  await use(workspace, async (session) => void (await checkpointLog(session)));
}

async function use(
  { root }: Workspace,
  work: (session: Session) => Promise<void>,
  clock: { now(): Date } = { now: () => new Date() },
): Promise<void> {
  const session = await openSession({
    paths: workspacePaths(root),
    command: 'test',
    clock,
    account: currentAccount(),
  });
  try {
    await work(session);
  } finally {
    await session.close();
  }
}
