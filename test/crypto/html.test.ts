import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { formatOf, recognize } from '../../src/crypto/index.js';
import { closeBrowser, openInBrowser, type Page } from './browser.js';
import { content, decrypted, encrypted, fileOf, outputOf, streamOf, verdict } from './format-harness.js';

const PASSPHRASE = 'größe-unhappy-squid-lantern';
const KEYS = [{ kind: 'passphrase', passphrase: PASSPHRASE }] as const;
const NAME = 'Gehälter "2026" & Co.csv';
const html = await formatOf('html');

afterAll(closeBrowser);

/** Types the passphrase as somebody without a mouse does. */
async function unlock(page: Page, passphrase: string): Promise<void> {
  expect(await page.evaluate('document.activeElement.id')).toBe('passphrase');
  await page.keyboard.insertText(passphrase);
  await page.keyboard.press('Enter');
}

/** Gives the page another text in one place. */
function replaced(file: Buffer, from: string | RegExp, to: string): Buffer {
  const text = file.toString('utf8');
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return Buffer.from(changed);
}

describe('a page in a real browser', () => {
  it('gives the same bytes under the name, with the keyboard alone and without a network', async (context) => {
    const plaintext = content(300_000);
    const file = await encrypted(html, await fileOf(plaintext), KEYS, { entryName: NAME });
    expect(file.toString('utf8')).not.toContain('Gehälter');
    const { page, requests } = await openInBrowser(context, file);
    expect(await page.title()).toBe('Encrypted file');
    const download = page.waitForEvent('download');
    await unlock(page, `${PASSPHRASE.normalize('NFD')} `);
    const saved = await download;
    expect(readFileSync(await saved.path()).equals(plaintext)).toBe(true);
    // Chromium replaces what Windows does not allow in a name.
    expect(saved.suggestedFilename()).toBe(NAME.replaceAll('"', '_'));
    expect(await page.locator('#name').textContent()).toBe(`${NAME} (300 kB)`);
    expect(await page.evaluate('document.activeElement.id')).toBe('done');
    const again = page.waitForEvent('download');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(readFileSync(await (await again).path()).equals(plaintext)).toBe(true);
    expect(requests.filter((url) => !/^(file|blob):/.test(url))).toEqual([]);
    expect(requests.filter((url) => url.startsWith('file:'))).toHaveLength(1);
    await page.close();
  });

  it('says that a passphrase is wrong, and takes the right one after it', async (context) => {
    const plaintext = Buffer.from('secret');
    const { page } = await openInBrowser(context, await encrypted(html, await fileOf(plaintext), KEYS));
    await page.keyboard.press('Enter');
    await unlock(page, 'wrong');
    const alert = page.getByRole('alert');
    await alert.filter({ hasText: /passphrase is wrong/ }).waitFor();
    expect(await alert.textContent()).toContain('the passphrase is wrong, or this page was changed');
    const download = page.waitForEvent('download');
    await unlock(page, 'Größe unhappy  Squid-lantern');
    expect(readFileSync(await (await download).path(), 'utf8')).toBe('secret');
    await page.close();
  });

  it('gives nothing where its payload was changed', async (context) => {
    const file = await encrypted(html, await fileOf(content(100)), KEYS);
    const text = file.toString('utf8');
    const at = text.indexOf('\n\n', text.indexOf('quietus-html/1\niterations')) + 10;
    const flipped = Buffer.from(file);
    const offset = Buffer.byteLength(text.slice(0, at));
    flipped[offset] = flipped[offset] === 0x41 ? 0x42 : 0x41;
    for (const changed of [flipped, replaced(file, 'iterations=1000000', 'iterations=1000001')]) {
      const { page } = await openInBrowser(context, changed);
      let downloads = 0;
      page.on('download', () => (downloads += 1));
      await unlock(page, PASSPHRASE);
      await page.getByRole('alert').filter({ hasText: /./ }).waitFor();
      expect(await page.getByRole('alert').textContent()).toMatch(/could not be decrypted/);
      expect(downloads).toBe(0);
      await page.close();
    }
  });

  it('runs no script but its own, and none that was changed, and asks nobody for anything', async (context) => {
    let asked = 0;
    const server = createServer((_, response) => {
      asked += 1;
      response.end();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const file = await encrypted(html, await fileOf(content(100)), KEYS);
    const taken = `<script>document.title = "taken"; fetch("${url}")</script><img src="${url}"></body>`;
    const first = await openInBrowser(context, replaced(file, '</body>', taken));
    expect(await first.page.title()).toBe('Encrypted file');
    const second = await openInBrowser(context, replaced(file, 'form.hidden = false;', `fetch('${url}');`));
    expect(await second.page.locator('#form').isVisible()).toBe(false);
    expect(asked).toBe(0);
    // Without the policy both would have asked: this test can fail.
    const bare = replaced(replaced(file, '</body>', taken), /<meta http-equiv[^>]*>/, '');
    const third = await openInBrowser(context, bare);
    await expect.poll(() => asked).toBeGreaterThan(0);
    expect(await third.page.title()).toBe('taken');
    for (const { page } of [first, second, third]) await page.close();
  });

  it('names its parts for a screen reader, and fits a narrow window', async (context) => {
    const { page } = await openInBrowser(context, await encrypted(html, await fileOf(content(9)), KEYS));
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await page.getByRole('textbox', { name: 'Passphrase' }).count()).toBe(1);
    expect(await page.getByRole('button', { name: 'Decrypt' }).count()).toBe(1);
    expect(await page.getByRole('checkbox', { name: 'Show the passphrase' }).count()).toBe(1);
    expect(await page.getByRole('status').count()).toBe(1);
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    if (process.env.QUIETUS_TEST_SHOTS) {
      const shot = (name: string) =>
        page.screenshot({ path: `${process.env.QUIETUS_TEST_SHOTS}/${name}.png`, fullPage: true });
      await shot('narrow');
      await page.setViewportSize({ width: 1000, height: 700 });
      await shot('light');
      await page.emulateMedia({ colorScheme: 'dark' });
      await shot('dark');
      await unlock(page, 'wrong');
      await page.getByRole('alert').filter({ hasText: /./ }).waitFor();
      await shot('wrong');
      await unlock(page, PASSPHRASE);
      await page.locator('#done:not([hidden])').waitFor();
      await shot('done-dark');
      await page.emulateMedia({ colorScheme: 'light' });
      await shot('done');
    }
    await page.close();
  });
});

describe('reading a page', () => {
  it('opens it, and gives the name that is inside', async () => {
    for (const plaintext of [Buffer.alloc(0), content(100_000)]) {
      const file = await encrypted(html, streamOf(plaintext), KEYS, { entryName: NAME, into: 'stream' });
      expect((await recognize(file.subarray(0, 4096)))?.id).toBe('html');
      const keys = [{ kind: 'passphrase', passphrase: 'x' }, ...KEYS] as const;
      const { result, plaintext: opened } = await decrypted(html, await fileOf(file), keys, 'stream');
      expect(opened.equals(plaintext)).toBe(true);
      expect(result).toEqual({ plaintextBytes: plaintext.length, openedBy: 1, entryName: NAME });
      const found = await html.inspect(streamOf(file));
      expect(found).toMatchObject({ format: 'html', plaintextBytes: null });
      const bytes = plaintext.length + Buffer.byteLength(NAME);
      expect(found.notes[0]).toBe(
        `the content and its name have ${bytes.toLocaleString('en-US')} bytes together`,
      );
    }
  });

  it('refuses a page that was changed anywhere, cut off, or continued', async () => {
    const plaintext = content(40);
    const file = await encrypted(html, await fileOf(plaintext), KEYS);
    for (let at = 0; at < file.length; at += 97) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await verdict(html, changed, KEYS, plaintext), `byte ${at}`).toMatch(
        /^(ciphertext-damaged|no-key-fits)$/,
      );
      expect(await verdict(html, file.subarray(0, at), KEYS, plaintext)).toBe('ciphertext-damaged');
    }
    const payload = file.indexOf('quietus-html/1\niterations');
    const end = file.indexOf('</script>', payload);
    for (let at = payload; at < end; at += 1) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ 4;
      // Most are refused by their form; the others cost half a second each, so some stand for all.
      const costly = /[0-9A-Za-z+/]/.test(String.fromCharCode(changed[at] ?? 0)) && at % 61 !== 0;
      if (!costly)
        expect(await verdict(html, changed, KEYS, plaintext), `byte ${at}`).not.toMatch(/same|other/);
    }
    for (const more of [Buffer.from('\n'), file])
      expect(await verdict(html, Buffer.concat([file, more]), KEYS, plaintext)).toBe('ciphertext-damaged');
  });

  it('refuses more or less work than it may cost', async () => {
    const file = await encrypted(html, await fileOf(content(9)), KEYS);
    const attempt = async (iterations: string) =>
      await decrypted(
        html,
        await fileOf(replaced(file, 'iterations=1000000', `iterations=${iterations}`)),
        KEYS,
      );
    await expect(attempt('99999999')).rejects.toMatchObject({ code: 'header-too-costly', exitCode: 2 });
    await expect(attempt('999999')).rejects.toMatchObject({ code: 'ciphertext-damaged' });
    await expect(attempt('01000000')).rejects.toMatchObject({ code: 'ciphertext-damaged' });
  });

  it('is proved by reading it back', async () => {
    const { output, bytes } = await outputOf('file');
    const result = await html.encrypt(await fileOf(content(5000)), output, KEYS);
    const written = bytes();
    expect((await result.prove(await fileOf(written))).ciphertextSha256).toMatch(/^[0-9a-f]{64}$/);
    for (const at of [10, written.length - 3, written.indexOf('quietus-html/1\niterations') + 150]) {
      const changed = Buffer.from(written);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(result.prove(await fileOf(changed))).rejects.toMatchObject({
        code: 'readback-differs',
        exitCode: 5,
      });
    }
    result.forget();
    await expect(result.prove(await fileOf(written))).rejects.toMatchObject({ code: 'readback-differs' });
  });

  it('refuses keys, and more than 10 MiB', async () => {
    expect(() => html.requireFit([{ kind: 'age', recipient: 'age1x' }])).toThrow(
      expect.objectContaining({ code: 'recipients-unfit' }),
    );
    expect(() => html.requireFit([{ kind: 'passphrase', passphrase: ' ' }])).toThrow();
    const { output } = await outputOf('file');
    const large = randomBytes(10 * 1024 * 1024 + 1);
    for (const input of [await fileOf(large), streamOf(large)])
      await expect(html.encrypt(input, output, KEYS)).rejects.toMatchObject({
        code: 'too-large',
        exitCode: 2,
      });
    const whole = large.subarray(1);
    const file = await encrypted(html, await fileOf(whole), KEYS);
    expect((await decrypted(html, await fileOf(file), KEYS)).plaintext.equals(whole)).toBe(true);
  });
});
