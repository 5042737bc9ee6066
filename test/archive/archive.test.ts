import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { bech32 } from '@scure/base';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Erasure, exportArchiveKey, openArchive } from '../../src/archive/index.js';
import { verifyLog } from '../../src/audit/index.js';
import { placeHold } from '../../src/retention/index.js';
import { isOnRotatingDisks } from '../../src/shred/index.js';
import { compileProgram } from '../child-program.js';
import { temporaryFolder } from '../temporary-folder.js';
import { ArchiveWorld, ageOpens, filesBelow, filesWith } from './archive-world.js';

let program: string;
beforeAll(async () => {
  program = await compileProgram('archive/archive-program.ts');
});

const CONTENT = 'John Smith,078-05-1120\n'.repeat(10_000);

/** Why it is no more than that, but for the disk below, which is another on each machine. */
function conditionsOf(erasure: Erasure | undefined): string[] | undefined {
  return erasure?.reasons.map(({ code }) => code).filter((code) => code !== 'key-file-residual');
}

function rawKey(identity: string): Buffer {
  return Buffer.from(bech32.fromWords(bech32.decode(identity.toLowerCase() as `a1${string}`, false).words));
}

describe('an archived item', () => {
  it('is encrypted, destroyed where it lay, and opened again', async () => {
    const world = await ArchiveWorld.make();
    const path = await world.file('A', CONTENT);
    const { archive, facts } = await world.create('A');
    expect(facts).toMatchObject({
      plaintext: { outcome: 'overwritten-verified' },
      pending: null,
      sameMedium: true,
    });
    expect(existsSync(path)).toBe(false);
    const { session } = world.world;
    expect(await session.store.items.get('A')).toMatchObject({
      medium: 'archive',
      location: archive.id,
      state: 'active',
    });
    expect(filesWith(world.world.root, '078-05-1120')).toEqual([]);
    const target = join(temporaryFolder(), 'opened');
    const secrets = [{ kind: 'age' as const, identity: world.identity }];
    await openArchive(session, { id: 'A', target, secrets });
    expect(readFileSync(target, 'utf8')).toBe(CONTENT);
    await expect(openArchive(session, { id: 'A', target, secrets })).rejects.toMatchObject({
      code: 'target-exists',
    });
    expect((await verifyLog(session.store)).problem).toBeNull();
  });

  it('that was decrypted to a file is not erased on the word that no copy exists', async () => {
    const world = await ArchiveWorld.make();
    await world.file('A', CONTENT);
    const { archive } = await world.create('A');
    const { session } = world.world;
    const secrets = [{ kind: 'age' as const, identity: world.identity }];
    await openArchive(session, { id: 'A', target: join(temporaryFolder(), 'opened'), secrets });
    await expect(world.erase([archive.id])).rejects.toMatchObject({
      code: 'content-written-out',
      exitCode: 4,
    });
    const unstated = { keyCopiesDestroyed: true, noKeyBackups: true, noPlaintextCopies: false };
    expect(await world.erase([archive.id], unstated)).toMatchObject([
      { outcome: 'key-erased', sanitization: null },
    ]);
    await expect(
      openArchive(session, { id: 'A', target: join(temporaryFolder(), 'again'), secrets }),
    ).rejects.toMatchObject({
      code: 'archive-erased',
      message: expect.stringMatching(/destroyed on \d{4}-/),
    });
  });

  it('is opened by stock age with keys that stock age opens', async () => {
    const world = await ArchiveWorld.make();
    await world.file('A', CONTENT);
    const { archive } = await world.create('A');
    expect(ageOpens(world.itemKeyByAge(archive.id), archive.path)?.toString()).toBe(CONTENT);
    const key = join(temporaryFolder(), 'A.key');
    const secrets = [{ kind: 'age' as const, identity: world.identity }];
    await exportArchiveKey(world.world.session, { id: archive.id, target: key, secrets });
    const opened = spawnSync('age', ['-d', '-i', key, archive.path]);
    expect(opened.stdout.toString()).toBe(CONTENT);
  });

  it('may be a folder, which tar extracts', async () => {
    const world = await ArchiveWorld.make();
    const files = { 'a.csv': CONTENT, 'inner/b.csv': 'b', 'inner/deep/empty': '' };
    const path = await world.folder('BOX', files);
    const { archive } = await world.create('BOX');
    expect(existsSync(path)).toBe(false);
    const target = join(temporaryFolder(), 'opened');
    await openArchive(world.world.session, {
      id: 'BOX',
      target,
      secrets: [{ kind: 'age', identity: world.identity }],
    });
    const byTar = temporaryFolder();
    const tar = ageOpens(world.itemKeyByAge(archive.id), archive.path);
    spawnSync('tar', ['-x', '-C', byTar], { input: tar ?? '' });
    for (const [name, content] of Object.entries(files)) {
      expect(readFileSync(join(target, 'BOX', name), 'utf8')).toBe(content);
      expect(readFileSync(join(byTar, 'BOX', name), 'utf8')).toBe(content);
    }
  });

  it('stays where it is with keepPlaintext, and where a hold reaches it nothing is written', async () => {
    const world = await ArchiveWorld.make();
    const kept = await world.file('A', CONTENT);
    const { archive, facts } = await world.create('A', { keepPlaintext: true });
    expect([archive.state, facts.plaintext?.outcome]).toEqual(['kept', 'kept']);
    expect(readFileSync(kept, 'utf8')).toBe(CONTENT);
    const held = await world.file('B', CONTENT);
    await placeHold(world.world.session, {
      matter: 'Doe v. Acme',
      reason: null,
      scopes: [{ kind: 'item', value: 'B' }],
    });
    await expect(world.create('B')).rejects.toMatchObject({ code: 'item-refused', exitCode: 4 });
    await expect(world.create('B')).rejects.toMatchObject({ hint: expect.stringContaining('hold list') });
    expect(readFileSync(held, 'utf8')).toBe(CONTENT);
    expect(readdirSync(join(world.world.root, 'archives'))).toHaveLength(1);
  });

  it('that changed after it was encrypted is not destroyed', async () => {
    const world = await ArchiveWorld.make();
    const path = await world.file('A', CONTENT);
    const observe = (step: string) => step === 'proved' && writeFileSync(path, 'newer');
    const { archive, facts } = await world.create('A', { observe });
    expect(archive.state).toBe('proved');
    expect(facts.plaintext).toMatchObject({ outcome: 'refused', reasons: [{ code: 'changed' }] });
    expect(readFileSync(path, 'utf8')).toBe('newer');
    // Asked again, what it is now is archived, and the older archive is gone with its key.
    const again = await world.create('A');
    expect([again.archive.state, again.facts.plaintext?.outcome]).toEqual(['kept', 'overwritten-verified']);
    expect(ageOpens(world.itemKeyByAge(again.archive.id), again.archive.path)?.toString()).toBe('newer');
    expect(filesBelow(join(world.world.root, 'archives'))).toEqual([again.archive.path]);
    expect(readdirSync(join(world.keys, 'g-000001', 'items'))).toEqual([`${again.archive.id}.age`]);
  });

  it('whose encrypted file is gone or cut is left where it is', async () => {
    const world = await ArchiveWorld.make();
    const path = await world.file('A', CONTENT);
    const stop = (step: string) => {
      if (step === 'proved') throw new Error('stop');
    };
    await expect(world.create('A', { observe: stop })).rejects.toThrow('stop');
    const [archive] = await world.world.session.store.archives.list();
    expect(archive?.state).toBe('proved');
    truncateSync(archive?.path ?? '', 100);
    await expect(world.create('A')).rejects.toMatchObject({ code: 'archive-absent', exitCode: 5 });
    expect(readFileSync(path, 'utf8')).toBe(CONTENT);
  });

  it.each([
    ['is taken away', (path: string) => rmSync(path)],
    ['is cut', (path: string) => truncateSync(path, 100)],
  ])('is left where it is when its encrypted file %s right after the proof', async (_, happen) => {
    const world = await ArchiveWorld.make();
    const path = await world.file('A', CONTENT);
    const folder = temporaryFolder();
    const observe = (step: string) => {
      if (step !== 'proved') return;
      const [file] = filesBelow(folder).filter((each) => each.endsWith('.age'));
      happen(file ?? '');
    };
    await expect(world.create('A', { folder, observe })).rejects.toMatchObject({
      code: 'archive-absent',
      exitCode: 5,
    });
    expect(readFileSync(path, 'utf8')).toBe(CONTENT);
    expect(await world.world.session.store.archives.list()).toMatchObject([{ state: 'proved' }]);
  });
});

describe('the content of an archive that was kept beside it', () => {
  async function keptBeside() {
    const world = await ArchiveWorld.make();
    const path = await world.file('A', CONTENT);
    const { archive } = await world.create('A', { keepPlaintext: true });
    const key = join(world.keys, 'g-000001', 'items', `${archive.id}.age`);
    return { world, path, archive, key };
  }

  it('is destroyed later where the archive is as it was written', async () => {
    const { world, path } = await keptBeside();
    expect((await world.create('A')).facts.plaintext?.outcome).toBe('overwritten-verified');
    expect(existsSync(path)).toBe(false);
  });

  it('stays where one byte of the archive is another, though it is as long as before', async () => {
    const { world, path, archive } = await keptBeside();
    const bytes = readFileSync(archive.path);
    bytes.writeUInt8((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1);
    writeFileSync(archive.path, bytes);
    await expect(world.create('A')).rejects.toMatchObject({ code: 'archive-absent', exitCode: 5 });
    expect(readFileSync(path, 'utf8')).toBe(CONTENT);
  });

  it('stays where the key of the archive is gone, as after an older copy of the keys was put back', async () => {
    const { world, path, key } = await keptBeside();
    rmSync(key);
    await expect(world.create('A')).rejects.toMatchObject({ code: 'archive-key-missing', exitCode: 5 });
    expect(readFileSync(path, 'utf8')).toBe(CONTENT);
  });
});

describe('what somebody writes into the database of an archive', () => {
  const tamper = ({ world }: ArchiveWorld, sql: string) =>
    execFileSync('sqlite3', [join(world.root, 'quietus.db')], { input: `.timeout 5000\n.bail on\n${sql};` });
  const CHANGED = { code: 'archive-changed', exitCode: 5 };
  /** As `create` would find the file of another item where the content lay. */
  const contentOf = (path: string) => {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `json_set(facts, '$.location', '${path}', '$.fingerprint', json('${JSON.stringify({
      kind: 'file',
      device: String(dev),
      inode: String(ino),
      size: String(size),
      modifiedNs: String(mtimeNs),
      changedNs: String(ctimeNs),
    })}'))`;
  };

  it('leads to no other file when its key is erased', async () => {
    const world = await ArchiveWorld.make();
    await world.file('A', CONTENT);
    const { archive } = await world.create('A');
    const other = await world.file('B', CONTENT);
    tamper(world, `update archives set path = '${other}'`);
    await expect(world.erase([archive.id])).rejects.toMatchObject(CHANGED);
    expect(readFileSync(other, 'utf8')).toBe(CONTENT);
    expect(ageOpens(world.itemKeyByAge(archive.id), archive.path)?.toString()).toBe(CONTENT);
  });

  it('leads to no key of another item', async () => {
    const world = await ArchiveWorld.make();
    await world.file('A', CONTENT);
    await world.file('B', CONTENT);
    const { archive } = await world.create('A');
    tamper(world, "update archives set item_id = 'B'");
    await expect(world.erase([archive.id])).rejects.toMatchObject(CHANGED);
    expect(ageOpens(world.itemKeyByAge(archive.id), archive.path)?.toString()).toBe(CONTENT);
  });

  it('leads to no other content when that is destroyed later', async () => {
    const world = await ArchiveWorld.make();
    const path = await world.file('A', CONTENT);
    await world.create('A', { keepPlaintext: true });
    const other = await world.file('B', CONTENT);
    tamper(world, `update archives set facts = ${contentOf(other)}`);
    await expect(world.create('A')).rejects.toMatchObject(CHANGED);
    expect([path, other].map((each) => readFileSync(each, 'utf8'))).toEqual([CONTENT, CONTENT]);
  });

  it('leads to no destruction of the content while something else lies in the place of its archive', async () => {
    const world = await ArchiveWorld.make();
    const path = await world.file('A', CONTENT);
    const { archive } = await world.create('A', { keepPlaintext: true });
    const junk = randomBytes(statSync(archive.path).size);
    writeFileSync(archive.path, junk);
    const digest = createHash('sha256').update(junk).digest('hex');
    tamper(world, `update archives set facts = json_set(facts, '$.sha256', '${digest}')`);
    await expect(world.create('A')).rejects.toMatchObject(CHANGED);
    expect(readFileSync(path, 'utf8')).toBe(CONTENT);
  });

  it('leads to no other file where the destruction of the content was cut off', async () => {
    const world = await ArchiveWorld.make();
    const path = await world.file('A', CONTENT);
    const steps: string[] = [];
    const observe = (step: string) => {
      steps.push(step);
      // The first is that of the archive.
      if (step === 'begun' && steps.includes('proved')) throw new Error('cut off');
    };
    await expect(world.create('A', { observe })).rejects.toThrow('cut off');
    const other = join(world.world.records, 'other.csv');
    writeFileSync(other, CONTENT);
    renameSync(path, `${path}.moved`);
    renameSync(other, path);
    const { ino, mtimeNs, ctimeNs, birthtimeNs } = statSync(path, { bigint: true });
    const entry = Object.entries({ inode: ino, modifiedNs: mtimeNs, changedNs: ctimeNs, bornNs: birthtimeNs })
      .map(([key, value]) => `'$.pending.entries[0].${key}', '${value}'`)
      .join();
    tamper(world, `update archives set facts = json_set(facts, ${entry})`);
    await expect(world.create('A')).rejects.toMatchObject(CHANGED);
    for (const each of [path, `${path}.moved`]) expect(readFileSync(each, 'utf8')).toBe(CONTENT);
  });

  it.each([
    ['another day', "erase_after = '2000-01-01'"],
    ['another key', "recipient = 'age1another'"],
  ])('does not have it erased with %s than it was made with', async (_, change) => {
    const world = await ArchiveWorld.make();
    await world.file('A', CONTENT);
    const { archive } = await world.create('A');
    tamper(world, `update archives set ${change}`);
    await expect(world.erase([archive.id])).rejects.toMatchObject(CHANGED);
    expect(ageOpens(world.itemKeyByAge(archive.id), archive.path)?.toString()).toBe(CONTENT);
  });

  it.each([
    ['begun', "state = 'begun'"],
    [
      'about a content that has changed since',
      `state = 'proved', facts = json_set(facts, '$.plaintext', json('{"outcome":"refused","reasons":[{"code":"changed"}]}'))`,
    ],
  ])('does not have it taken back as if it were only %s', async (_, change) => {
    const world = await ArchiveWorld.make();
    const path = await world.file('A', CONTENT);
    const { archive } = await world.create('A');
    writeFileSync(path, 'another');
    tamper(
      world,
      `update archives set ${change}; update items set medium = 'file', location = '${path}' where id = 'A'`,
    );
    await expect(world.create('A')).rejects.toMatchObject(CHANGED);
    expect(ageOpens(world.itemKeyByAge(archive.id), archive.path)?.toString()).toBe(CONTENT);
  });
});

describe('an erased archive', () => {
  it('is opened by nothing that is left, and the bytes of its key are nowhere', async () => {
    const world = await ArchiveWorld.make();
    await world.file('A', CONTENT);
    await world.file('B', 'B stays');
    const { archive } = await world.create('A');
    const other = (await world.create('B')).archive;
    const key = world.itemKeyByAge(archive.id);
    const oldKeys = readFileSync(join(world.keys, 'g-000001', 'workspace.age'));
    const copy = join(temporaryFolder(), 'a-copy-elsewhere.age');
    writeFileSync(copy, readFileSync(archive.path));
    const [erasure] = await world.erase([archive.id]);
    expect(erasure).toMatchObject({
      outcome: 'key-erased',
      sanitization: null,
      proof: { keysTried: 2, bytesSearched: true, oldKeyRefused: true },
    });
    // The content lay unencrypted on the same medium: NIST SP 800-88 does not count that as a cryptographic erase.
    expect(conditionsOf(erasure)).toEqual(['plaintext-on-medium']);
    expect(readdirSync(world.keys)).toEqual(['g-000002']);
    expect(existsSync(archive.path)).toBe(false);
    for (const bytes of [Buffer.from(key), rawKey(key), oldKeys])
      expect(filesWith(world.world.root, bytes)).toEqual([]);
    expect(() => world.itemKeyByAge(archive.id)).toThrow();
    // Neither the archive key of today nor the key of another item opens the copy; the other item still opens.
    expect(ageOpens(world.itemKeyByAge(other.id), copy)).toBeNull();
    expect(ageOpens(world.identity, copy)).toBeNull();
    expect(ageOpens(key, copy)?.toString()).toBe(CONTENT);
    expect(ageOpens(world.itemKeyByAge(other.id), other.path)?.toString()).toBe('B stays');
    expect(await world.world.session.store.archives.get(archive.id)).toMatchObject({ state: 'erased' });
    expect((await verifyLog(world.world.session.store)).problem).toBeNull();
  });

  it('is claimed as Purge only where content and archive lay on other media and all copies are accounted for', async (context) => {
    const mount = temporaryFolder();
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', mount]).status !== 0) {
      context.skip('mounts are not permitted here');
    }
    onTestFinished(() => void spawnSync('umount', ['-l', mount]));
    const world = await ArchiveWorld.make();
    mkdirSync(join(mount, 'records'));
    (world.world as { records: string }).records = join(mount, 'records');
    await world.file('A', CONTENT);
    const { archive, facts } = await world.create('A');
    expect(facts.sameMedium).toBe(false);
    const unstated = { keyCopiesDestroyed: false, noKeyBackups: false, noPlaintextCopies: false };
    const secrets = [{ kind: 'age' as const, identity: world.identity }];
    const target = join(temporaryFolder(), 'k');
    await exportArchiveKey(world.world.session, { id: 'A', target, secrets });
    const [erasure] = await world.erase([archive.id], unstated);
    expect(erasure?.sanitization).toBeNull();
    expect(conditionsOf(erasure)).toEqual([
      'key-copies-known',
      'key-backups-unstated',
      'plaintext-copies-unstated',
    ]);
    await world.file('B', CONTENT);
    const second = await world.create('B');
    const rotating = isOnRotatingDisks(world.keys);
    expect(await world.erase([second.archive.id])).toMatchObject([
      rotating
        ? { sanitization: 'purge', reasons: [] }
        : { sanitization: null, reasons: [{ code: 'key-file-residual' }] },
    ]);
  });

  it('is not claimed as Purge where the key files did not lie on a disk that rotates', async (context) => {
    const mount = temporaryFolder();
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', mount]).status !== 0) {
      context.skip('mounts are not permitted here');
    }
    onTestFinished(() => void spawnSync('umount', ['-l', mount]));
    const world = await ArchiveWorld.make(mount);
    (world.world as { records: string }).records = temporaryFolder();
    await world.file('A', CONTENT);
    const { archive, facts } = await world.create('A');
    expect(facts.sameMedium).toBe(false);
    expect(await world.erase([archive.id])).toMatchObject([
      { outcome: 'key-erased', sanitization: null, reasons: [{ code: 'key-file-residual' }] },
    ]);
  });

  it('is not erased while a hold reaches the item, also by the place where its content lay', async () => {
    const world = await ArchiveWorld.make();
    await world.file('A', CONTENT);
    const { archive } = await world.create('A');
    const scopes = [{ kind: 'location' as const, value: world.world.records }];
    await placeHold(world.world.session, { matter: 'Doe v. Acme', reason: null, scopes });
    await expect(world.erase([archive.id])).rejects.toMatchObject({ code: 'item-held', exitCode: 4 });
    expect(ageOpens(world.itemKeyByAge(archive.id), archive.path)?.toString()).toBe(CONTENT);
  });

  it('leaves no byte of its key in the image of the file system that held it', async (context) => {
    const folder = temporaryFolder();
    const image = join(folder, 'image');
    const mount = join(folder, 'mounted');
    mkdirSync(mount);
    writeFileSync(image, '');
    truncateSync(image, 96 * 1024 * 1024);
    if (spawnSync('mkfs.ext4', ['-q', '-F', image]).status !== 0) context.skip('mkfs.ext4 is not available');
    if (spawnSync('mount', ['-o', 'loop', image, mount]).status !== 0)
      context.skip('loop mounts are not permitted here');
    onTestFinished(() => void spawnSync('umount', ['-l', mount]));
    const world = await ArchiveWorld.make(mount);
    await world.file('A', CONTENT);
    const { archive } = await world.create('A');
    const key = world.itemKeyByAge(archive.id);
    const wrapped = readFileSync(join(world.keys, 'g-000001', 'items', `${archive.id}.age`));
    const vault = readFileSync(join(world.keys, 'g-000001', 'workspace.age'));
    spawnSync('sync', ['-f', mount]);
    expect(readFileSync(image).includes(wrapped.subarray(-64))).toBe(true);
    await world.erase([archive.id]);
    await world.world.session.close();
    spawnSync('umount', [mount]);
    const raw = readFileSync(image);
    for (const bytes of [
      Buffer.from(key),
      rawKey(key),
      wrapped.subarray(-64),
      vault.subarray(-64),
      Buffer.from('078-05-1120'),
    ]) {
      expect(raw.includes(bytes)).toBe(false);
    }
  });
});

/** Steps between which something can be lost; all of them where QUIETUS_TEST_EVERY_STEP is set. */
const DANGEROUS = ['archive-written', 'proved', 'overwritten', 'unlinked'];

function chosen(steps: readonly string[]): number[] {
  if (process.env.QUIETUS_TEST_EVERY_STEP) return [...steps.keys()];
  return DANGEROUS.map((name) => steps.indexOf(name)).filter((at) => at >= 0);
}

describe('killed after each step', () => {
  function run(world: ArchiveWorld, what: string, id: string, killAt: number) {
    const words = [program, world.world.root, what, id, world.identityFile, String(killAt)];
    return spawnSync(process.execPath, words, { encoding: 'utf8' });
  }

  it('creating: the content or a proved archive exists at every instant, and nothing is done twice', async () => {
    const whole = await ArchiveWorld.make();
    await whole.folder('BOX', { a: CONTENT, 'inner/b': CONTENT });
    const steps = JSON.parse(run(whole, 'create', 'BOX', -1).stdout) as string[];
    expect(steps).toContain('kept');
    for (const killAt of chosen(steps)) {
      const world = await ArchiveWorld.make();
      const path = await world.folder('BOX', { a: CONTENT, 'inner/b': CONTENT });
      expect(run(world, 'create', 'BOX', killAt + 1).signal).toBe('SIGKILL');
      const [cut] = await world.world.session.store.archives.list();
      const untouched = existsSync(join(path, 'a')) && readFileSync(join(path, 'a'), 'utf8') === CONTENT;
      if (!untouched) {
        expect(cut?.state, steps[killAt]).not.toBe('begun');
        const tar = ageOpens(world.itemKeyByAge(cut?.id ?? ''), cut?.path ?? '');
        expect(tar?.includes(CONTENT), steps[killAt]).toBe(true);
      }
      const again = run(world, 'create', 'BOX', -1);
      const done = cut?.state === 'kept';
      expect(again.status, `${steps[killAt]}: ${again.stderr}`).toBe(done ? 1 : 0);
      const archives = await world.world.session.store.archives.list();
      expect(
        archives.map(({ state }) => state),
        steps[killAt],
      ).toEqual(['kept']);
      expect(existsSync(path), steps[killAt]).toBe(false);
      expect(filesBelow(join(world.world.root, 'archives')), steps[killAt]).toEqual([archives[0]?.path]);
      expect(readdirSync(world.world.records), steps[killAt]).toEqual([]);
      expect((await verifyLog(world.world.session.store)).problem, steps[killAt]).toBeNull();
    }
  }, 120_000);

  it('erasing: the other archive opens all the time, and in the end this one does not', async () => {
    const steps = ['intent', 'new-keys', 'old-keys-destroyed', 'proved', 'erased'];
    for (const killAt of process.env.QUIETUS_TEST_EVERY_STEP ? steps.keys() : [1, 2]) {
      const world = await ArchiveWorld.make();
      await world.file('A', CONTENT);
      await world.file('B', 'B stays');
      const { archive } = await world.create('A');
      const other = (await world.create('B')).archive;
      const key = world.itemKeyByAge(archive.id);
      expect(run(world, 'erase', archive.id, killAt + 1).signal).toBe('SIGKILL');
      expect(ageOpens(world.itemKeyByAge(other.id), other.path)?.toString(), steps[killAt]).toBe('B stays');
      expect(run(world, 'erase', archive.id, -1).status, steps[killAt]).toBe(0);
      expect(await world.world.session.store.archives.get(archive.id), steps[killAt]).toMatchObject({
        state: 'erased',
      });
      expect(filesWith(world.world.root, rawKey(key)), steps[killAt]).toEqual([]);
      expect(readdirSync(world.keys), steps[killAt]).toEqual(['g-000002']);
      expect(ageOpens(world.itemKeyByAge(other.id), other.path)?.toString(), steps[killAt]).toBe('B stays');
      const log = await world.world.session.store.log.page(0, 100, { action: 'archive.erase' });
      const done = log.filter(({ entry }) => entry.includes('"outcome":"done"'));
      expect(done, steps[killAt]).toHaveLength(1);
    }
  }, 120_000);
});
