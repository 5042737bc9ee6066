/** Facts that the page of commands names. */
export interface ExportFacts {
  entries: number;
  root: string;
  origin: string;
  key: string;
}

/** The page that an export brings along: how to check it with other people's programs. Each block of commands runs as it stands. */
export function exportReadme({ entries, root, origin, key }: ExportFacts): string {
  return `# A log of Quietus

The log \`${origin}\`, ${entries} entries, each a line of \`log.jsonl\`: canonical JSON (RFC 8785). No program of ours is needed to
check it. Run the commands in this folder.

| file | what it is |
| --- | --- |
| \`log.jsonl\` | the entries, oldest first |
| \`checkpoint.txt\` | number of entries and root of their Merkle tree (RFC 6962), signed: C2SP tlog-checkpoint |
| \`log.pub.pem\` | the public key of that signature, Ed25519 |
| \`log.vkey\` | the same key as \`golang.org/x/mod/sumdb/note\` writes it |
| \`keys.txt\` | every key that the log has had, oldest first; the checkpoint is signed with the last one. The entries \`log.rotate-key\` hold the statement of each new key, signed with the one before and with itself; an entry \`log.new-epoch\` only with itself and by an operator, where the one before was lost |
| \`verify.go\` | a program over Go's libraries for its checksum database |

## The files are whole
\`\`\`sh
sha256sum --check --strict SHA256SUMS
\`\`\`

## The checkpoint is signed with the key
Compare the key with one that you got another way: \`${key}\`
\`\`\`sh
sed '/^$/,$d' checkpoint.txt > checkpoint.signed
sed -n 's/^— [^ ]* //p' checkpoint.txt | tail -n 1 | base64 -d | tail -c 64 > checkpoint.signature
openssl pkeyutl -verify -pubin -inkey log.pub.pem -rawin -in checkpoint.signed -sigfile checkpoint.signature
rm checkpoint.signed checkpoint.signature
\`\`\`

## The entries are those of the checkpoint
The root of the tree over the lines is \`${root}\`. With Go and its module golang.org/x/mod (Debian:
golang-go and golang-golang-x-mod-dev):
\`\`\`sh
GO111MODULE=off GOPATH=/usr/share/gocode go run verify.go
\`\`\`

## Each entry follows from the one before
\`prev\` in each line is the SHA-256 of the line before, without its newline; 64 zeros in the first. This starts a program for
each entry; the tree above proves the same and is faster.
\`\`\`sh
before=$(printf '%064d' 0)
while IFS= read -r entry; do
  case $entry in
    *'"prev":"'"$before"'"'*) ;;
    *) echo "broken: $entry"; exit 1 ;;
  esac
  before=$(printf '%s' "$entry" | sha256sum | cut -c 1-64)
done < log.jsonl
echo "chain OK, the last entry has $before"
\`\`\`
`;
}

/** The Go program of an export. */
export const EXPORT_VERIFIER = `// Verifies the signature of checkpoint.txt with log.vkey, and that the lines of log.jsonl are its entries.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read("log.vkey"))))
	check(err)
	signed, err := note.Open(read("checkpoint.txt"), note.VerifierList(verifier))
	check(err)
	lines := strings.Split(signed.Text, "\\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	file, err := os.Open("log.jsonl")
	check(err)
	entries := bufio.NewReaderSize(file, 1<<20)
	for n := int64(0); n < size; n++ {
		line, err := entries.ReadBytes('\\n')
		check(err)
		hashes, err := tlog.StoredHashes(n, line[:len(line)-1], reader)
		check(err)
		stored = append(stored, hashes...)
	}
	if _, err := entries.ReadByte(); err == nil {
		fail("log.jsonl has more entries than the checkpoint covers")
	}
	root, err := tlog.TreeHash(size, reader)
	check(err)
	if root.String() != lines[2] {
		fail("the entries are not those of the checkpoint")
	}
	fmt.Println("OK:", size, "entries of", lines[0])
}

func read(path string) []byte {
	bytes, err := os.ReadFile(path)
	check(err)
	return bytes
}

func check(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(why string) {
	fmt.Println("FAILED:", why)
	os.Exit(1)
}
`;
