/** The Go program of a bundle: what it needs beside the standard library is that of Go's checksum database. */
export const BUNDLE_VERIFIER = `// Verifies the signature of checkpoint with key, and by each .tlog-proof that the entry beside it is in the log of
// that checkpoint.
package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	verifier, err := note.NewVerifier(strings.TrimSpace(read("key")))
	check(err)
	text := read("checkpoint")
	signed, err := note.Open([]byte(text), note.VerifierList(verifier))
	check(err)
	lines := strings.Split(signed.Text, "\\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root := hash(lines[2])
	proofs, err := filepath.Glob("*.tlog-proof")
	check(err)
	for _, name := range proofs {
		proof, checkpoint, _ := strings.Cut(read(name), "\\n\\n")
		lines := strings.Split(proof, "\\n")
		if lines[0] != "c2sp.org/tlog-proof@v1" || len(lines) < 2 || checkpoint != text {
			fail(name + " does not lead to the checkpoint")
		}
		seq := strings.TrimSuffix(name, ".tlog-proof")
		number, err := strconv.ParseInt(seq, 10, 64)
		check(err)
		if lines[1] != fmt.Sprint("index ", number-1) {
			fail(name + " is the proof of another entry")
		}
		var path tlog.RecordProof
		for _, line := range lines[2:] {
			path = append(path, hash(line))
		}
		if tlog.CheckRecord(path, size, root, number-1, tlog.RecordHash([]byte(read(seq+".json")))) != nil {
			fail(seq + ".json is not in the log of the checkpoint")
		}
	}
	fmt.Println("OK:", len(proofs), "entries are in the log of", size, "that the key has signed")
}

func hash(text string) tlog.Hash {
	var found tlog.Hash
	bytes, err := base64.StdEncoding.DecodeString(text)
	check(err)
	copy(found[:], bytes)
	return found
}

func read(path string) string {
	bytes, err := os.ReadFile(path)
	check(err)
	return string(bytes)
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
