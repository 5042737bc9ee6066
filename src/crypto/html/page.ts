import { createHash } from 'node:crypto';
import { PAGE_SCRIPT } from './page-script.js';
import { PAGE_STYLE } from './page-style.js';

/** How every page begins; `recognizes` looks for it. */
export const PAGE_START = '<!doctype html>\n<html lang="en" data-format="quietus-html/1">\n';

const source = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing is loaded, nothing is sent, and no other script runs: Content Security Policy Level 3. */
const POLICY = [
  "default-src 'none'",
  `script-src ${source(PAGE_SCRIPT)}`,
  `style-src ${source(PAGE_STYLE)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The page up to its payload, and from there on. */
export const PAGE_BEFORE = `${PAGE_START}<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex, nofollow, noarchive">
<title>Encrypted file</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>Encrypted file</h1>
<p>Somebody sent you a file that only a passphrase opens. The sender tells you the passphrase in another way than this
page: by telephone, for example.</p>
<noscript><p><strong>Scripts are switched off, and decrypting needs them.</strong> A preview in an e-mail program does not
run them: save this page as a file, and open that file with your browser.</p></noscript>
<form id="form" autocomplete="off" hidden>
<label for="passphrase">Passphrase</label>
<input id="passphrase" type="password" autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false"
aria-describedby="note" required>
<div class="row">
<label class="check"><input id="show" type="checkbox"> Show the passphrase</label>
<button id="open" type="submit">Decrypt</button>
</div>
</form>
<div id="status" role="status"></div>
<div id="alert" role="alert"></div>
<section id="done" tabindex="-1" aria-labelledby="done-title" hidden>
<h2 id="done-title">Decrypted</h2>
<p id="name"></p>
<p>Your browser saves it with your downloads, no longer encrypted. Delete it there when you do not need it any
more.</p>
<a id="save" class="button" href="#" download>Save it again</a>
</section>
<footer>
<p id="note">Everything happens on this device: the page sends nothing and works without a network. Passphrase and file
leave it only if you send them.</p>
<p>Open it only if you expected it. Ask the sender if you are not sure.</p>
</footer>
</main>
<script id="payload" type="text/plain">`;

export const PAGE_AFTER = `</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;

/** Digest that tells pages of one wording from those of another. */
export function pageDigest(before: string, after: string): string {
  return createHash('sha256').update(before).update('\0').update(after).digest('hex');
}

/**
 * Wordings of the page that this program ever wrote. A page of another one was changed: its payload may be intact, but
 * whoever opens it in a browser runs what stands in it. A test keeps the present one in the list.
 */
export const KNOWN_PAGES: ReadonlySet<string> = new Set([
  'ecb009540765fe3112e34dcc4becd4b348caca9d260d50711b0efa2f5a89e690',
]);
