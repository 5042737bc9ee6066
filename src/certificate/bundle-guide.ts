import type { SignatureValue } from './bundle-timestamp.js';
import type { CertificateDocument } from './certificate-format.js';

interface GuideFacts {
  document: CertificateDocument;
  signed: boolean;
  approvers: readonly string[];
  countersigners: readonly string[];
  /** Entry of the log that tells of the issue. */
  issueSeq: number;
  /** Null where the signature carries no time-stamp that could be checked. */
  timestamped: SignatureValue | null;
}

/**
 * The page of commands that a bundle brings along. Each block of shell runs as it is printed, in the folder where the
 * bundle was unpacked.
 */
export function bundleGuide(facts: GuideFacts): string {
  const { document, signed, approvers, countersigners, issueSeq } = facts;
  const stem = `certificate-${document.number}`;
  return [
    heading(document),
    section(
      'Nothing was changed since the bundle was made',
      'Prints one line, and a line for each file that was changed or is missing. This shows damage, not forgery: whoever makes a bundle makes this list too.',
      'sha256sum --check --quiet SHA256SUMS && echo "All files are as they were packed"',
    ),
    ...(signed ? signatureSections(stem, document) : []),
    ...(facts.timestamped ? [timestampSection(stem, document, facts.timestamped)] : []),
    standingSection(stem),
    ...keySections('approvals', approvers, 'The plan was approved by'),
    ...keySections('countersignatures', countersigners, 'The certificate was countersigned by'),
    logSection(document, issueSeq),
    proofSection(),
    closing(stem),
  ].join('\n');
}

function heading({ number }: CertificateDocument): string {
  return `# How to check certificate ${number}

Run the commands in the folder where you unpacked this bundle. They need \`sha256sum\`, OpenSSL 3, the tools of
poppler (\`pdfsig\`, \`pdfdetach\`), and the last of them Go; none of these comes from those who issued the certificate.

**Whom do you trust?** The commands show that the files belong together and were signed with certain keys. That these
keys are the organization's, you learn from the organization itself, by another way than this bundle: compare the
fingerprints that the commands print with what it tells you by telephone or on paper.
`;
}

function section(title: string, text: string, commands: string): string {
  return `## ${title}\n\n${text}\n\n\`\`\`sh\n${commands}\n\`\`\`\n`;
}

function signatureSections(stem: string, document: CertificateDocument): string[] {
  const at = epoch(document.issued_at);
  return [
    section(
      'The JSON document was signed, and by whom',
      "OpenSSL says `CMS Verification successful`. The signer's certificate must have been valid at the time of issue, which stands behind `-attime`. The last command prints whose it is, and its fingerprint.",
      `openssl cms -verify -binary -inform DER -in ${stem}.json.p7s -content ${stem}.json \\\n  -CAfile signer.pem -partial_chain -purpose any -attime ${at} -out ${stem}.verified\nopenssl x509 -in signer.pem -noout -subject -fingerprint -sha256 -dates`,
    ),
    section(
      'The PDF was signed, and carries the same document',
      "`pdfsig` says `Signature is Valid` and `Total document signed`. It does not know the signer's certificate unless you install it, and says so; that the signer is the same one as above, the fingerprint on the page of signatures shows.",
      `pdfsig ${stem}.pdf\nmkdir -p attached && pdfdetach -saveall -o attached ${stem}.pdf\ncmp attached/${stem}.json ${stem}.json && echo "The PDF carries the same document"`,
    ),
  ];
}

function keySections(folder: string, people: readonly string[], text: string): string[] {
  if (people.length === 0) return [];
  const commands = people.map(
    (id) =>
      `openssl pkeyutl -verify -pubin -inkey ${folder}/${id}.pub.pem -rawin -in ${folder}/${id}.statement -sigfile ${folder}/${id}.sig\ncat ${folder}/${id}.statement; echo\nsha256sum ${folder}/${id}.pub.pem`,
  );
  return [
    section(
      `${text} ${people.join(', ')}`,
      'OpenSSL says `Signature Verified Successfully` of each statement. The fingerprint of a key is that of its file; compare it with what the person tells you.',
      commands.join('\n'),
    ),
  ];
}

function timestampSection(stem: string, document: CertificateDocument, value: SignatureValue): string {
  return section(
    'An authority confirms when the JSON document was signed',
    'OpenSSL says `Verification: OK`: the time-stamp (RFC 3161) in the signature, which `timestamp/token.tst` repeats, is about the value of this signature, which the first two commands cut out of it. `timestamp/authority.pem` is to be a certificate of an authority that you trust. The last command prints the time.',
    `head -c ${value.end} ${stem}.json.p7s | tail -c ${value.length} > timestamp/signature
openssl ts -verify -data timestamp/signature -in timestamp/token.tst -token_in \\
  -CAfile timestamp/authority.pem -attime ${epoch(document.issued_at)}
openssl ts -reply -in timestamp/token.tst -token_in -text | grep 'Time stamp:'`,
  );
}

function epoch(instant: string): number {
  return Math.floor(Date.parse(instant) / 1000);
}

function standingSection(stem: string): string {
  return section(
    'The certificate stands',
    'A certificate cannot say of itself that it was declared void later. `status.json` says whether it stood at the time `as_of`, and is signed as well, with the certificate that the organization used by then: compare its fingerprint too. Ask the organization for a newer one if that is long ago.',
    `openssl cms -verify -binary -inform DER -in status.json.p7s -content status.json \\
  -CAfile status-signer.pem -partial_chain -purpose any -no_check_time -out status.verified
openssl x509 -in status-signer.pem -noout -subject -fingerprint -sha256
cat status.verified; echo
grep -q "$(${digestOf(`${stem}.json`)})" status.verified && echo "The statement is about this document"`,
  );
}

function logSection(document: CertificateDocument, issueSeq: number): string {
  const [item] = document.items;
  const seq = item?.log.outcome_seq ?? document.log.last_seq;
  const stem = `certificate-${document.number}`;
  return section(
    'The log of the organization has these entries',
    `\`log/checkpoint\` is a signed note (C2SP tlog-checkpoint) over the whole log; \`log/key\` is the log's public key. The first command checks its signature with OpenSSL. The hash of each entry is the SHA-256 of its file, and stands in the JSON document beside the item: the next command shows one of them. The last one shows the entry that tells of the issue, with the digests of both files.`,
    `sed '/^$/,$d' log/checkpoint > checkpoint.text
grep '^— ' log/checkpoint | head -n 1 | cut -d ' ' -f 3 | base64 -d | tail -c 64 > checkpoint.sig
openssl pkeyutl -verify -pubin -inkey log/key.pem -rawin -in checkpoint.text -sigfile checkpoint.sig
cat log/key
grep -q "$(${digestOf(`log/${seq}.json`)})" ${stem}.json && echo "Entry ${seq} is the one that the document names"
grep "$(${digestOf(`${stem}.json`)})" log/${issueSeq}.json | grep -q "$(${digestOf(`${stem}.pdf`)})" \\
  && echo "Entry ${issueSeq} tells of the issue of these files"`,
  );
}

function digestOf(file: string): string {
  return `sha256sum < ${file} | cut -d ' ' -f 1`;
}

function proofSection(): string {
  return section(
    'The entries are in the log that was signed',
    "Each `log/NUMBER.tlog-proof` (C2SP tlog-proof) leads from an entry to the checkpoint. `log/verify.go`, a page of code, checks all of them with the libraries of Go's checksum database (Debian: golang-go and golang-golang-x-mod-dev); any other verifier of RFC 6962 does as well.",
    '(cd log && GO111MODULE=off GOPATH=/usr/share/gocode go run verify.go)',
  );
}

function closing(stem: string): string {
  return `## All of it at once, with Quietus

On any machine, without a workspace; \`signer.pem\` and \`log/key\` are to be copies that you trust, not those of the bundle:

    quietus certificate verify BUNDLE.zip --trust signer.pem --public-key log/key

Where \`status-signer.pem\` is another certificate than \`signer.pem\`, \`--trust\` needs both in one file. It also compares \`${stem}.json\` with the rules of its format, which the JSON Schema in the package of Quietus
(schemas/certificate-2.schema.json) states for other programs.
`;
}
