/**
 * Program of the page, whose digest is in the page's policy. It reads what `payload.ts` writes, and has to run in every
 * browser of the last years as it stands.
 */
export const PAGE_SCRIPT = `
'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const form = byId('form');
  const passphrase = byId('passphrase');
  const open = byId('open');
  const say = (status, alert) => {
    byId('status').textContent = status;
    byId('alert').textContent = alert;
  };
  let busy = false;

  const bytesOf = (base64) => {
    const text = atob(base64.replace(/\\n/g, ''));
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
    return bytes;
  };

  const payload = () => {
    const text = byId('payload').textContent;
    const parts =
      /^\\n(quietus-html\\/1\\niterations=([0-9]{7,8})\\nsalt=([A-Za-z0-9+\\/=]+)\\nnonce=([A-Za-z0-9+\\/=]+)\\n)\\n([A-Za-z0-9+\\/=\\n]+)\\n$/.exec(text);
    if (!parts) throw new Error('payload');
    return {
      header: new TextEncoder().encode(parts[1]),
      iterations: Number(parts[2]),
      salt: bytesOf(parts[3]),
      nonce: bytesOf(parts[4]),
      ciphertext: bytesOf(parts[5]),
    };
  };

  const decrypt = async (secret) => {
    const { header, iterations, salt, nonce, ciphertext } = payload();
    const material = await crypto.subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveKey']);
    const key = await crypto.subtle.deriveKey(
      { name: 'PBKDF2', hash: 'SHA-256', salt, iterations },
      material,
      { name: 'AES-GCM', length: 256 },
      false,
      ['decrypt'],
    );
    const opened = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: nonce, additionalData: header, tagLength: 128 },
      key,
      ciphertext,
    );
    const nameBytes = new DataView(opened).getUint16(0);
    return {
      name: new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(opened, 2, nameBytes)),
      content: new Uint8Array(opened, 2 + nameBytes),
    };
  };

  // As it was typed; then as generated passphrases are written, for who heard it by telephone and typed spaces.
  const spellings = (typed) => new Set([typed, typed.toLowerCase().split(/[\\s-]+/).join('-')]);

  const decryptWithAny = async (typed) => {
    let failure;
    for (const spelling of spellings(typed)) {
      try {
        return await decrypt(new TextEncoder().encode(spelling));
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };

  const size = (bytes) =>
    bytes < 1000 ? bytes + ' bytes' : bytes < 1e6 ? Math.round(bytes / 1e3) + ' kB' : (bytes / 1e6).toFixed(1) + ' MB';

  const offer = ({ name, content }) => {
    const link = byId('save');
    link.href = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }));
    link.download = name;
    byId('name').textContent = name + ' (' + size(content.length) + ')';
    form.hidden = true;
    byId('done').hidden = false;
    say('', '');
    link.click();
    byId('done').focus();
  };

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy) return;
    const typed = passphrase.value.normalize('NFC').trim();
    if (typed === '') {
      say('', 'Type the passphrase first.');
      passphrase.focus();
      return;
    }
    busy = true;
    open.setAttribute('aria-disabled', 'true');
    say('Decrypting. This can take some seconds…', '');
    try {
      const opened = await decryptWithAny(typed);
      passphrase.value = '';
      offer(opened);
    } catch (error) {
      if (error && error.name === 'OperationError') {
        say('', 'It could not be decrypted. Either the passphrase is wrong, or this page was changed on its way.');
      } else {
        say('', 'This page is damaged. Ask the sender for it again.');
      }
      passphrase.focus();
      passphrase.select();
    } finally {
      busy = false;
      open.removeAttribute('aria-disabled');
    }
  });

  byId('show').addEventListener('change', (event) => {
    passphrase.type = event.target.checked ? 'text' : 'password';
  });

  if (!(window.crypto && crypto.subtle && window.TextDecoder)) {
    say('', 'This browser cannot decrypt here. Save this page as a file and open it with a current browser.');
    return;
  }
  form.hidden = false;
  passphrase.focus();
})();
`;
