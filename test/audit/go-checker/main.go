// Checks what Quietus writes with golang.org/x/mod/sumdb/note and tlog, the libraries of Go's checksum database.
// Prints "ok" with what was found, or why it was refused.
package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if len(os.Args) < 2 {
		fail("no verb")
	}
	switch os.Args[1] {
	case "checkpoint": // VKEY FILE
		tree := checkpoint(os.Args[2], read(os.Args[3]))
		fmt.Println("ok", tree.N, base64.StdEncoding.EncodeToString(tree.Hash[:]))
	case "inclusion": // VKEY PROOF ENTRY
		inclusion(os.Args[2], read(os.Args[3]), read(os.Args[4]))
	case "consistency": // VKEY OLDER NEWER HASH...
		older := checkpoint(os.Args[2], read(os.Args[3]))
		newer := checkpoint(os.Args[2], read(os.Args[4]))
		check(tlog.CheckTree(hashes(os.Args[5:]), newer.N, newer.Hash, older.N, older.Hash))
		fmt.Println("ok", older.N, newer.N)
	case "root": // FILE with one entry on each line
		root(read(os.Args[2]))
	default:
		fail("unknown verb")
	}
}

func checkpoint(vkey string, text []byte) tlog.Tree {
	verifier, err := note.NewVerifier(vkey)
	check(err)
	opened, err := note.Open(text, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		fail("not the checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	return tlog.Tree{N: size, Hash: hashes(lines[2:3])[0]}
}

func inclusion(vkey string, proof, entry []byte) {
	at := bytes.Index(proof, []byte("\n\n"))
	if at < 0 {
		fail("no proof")
	}
	lines := strings.Split(string(proof[:at]), "\n")
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		fail("no tlog-proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	check(err)
	tree := checkpoint(vkey, proof[at+2:])
	check(tlog.CheckRecord(hashes(lines[2:]), tree.N, tree.Hash, index, tlog.RecordHash(entry)))
	fmt.Println("ok", index, tree.N)
}

func root(text []byte) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	for n, line := range lines {
		more, err := tlog.StoredHashes(int64(n), line, reader)
		check(err)
		stored = append(stored, more...)
	}
	hash, err := tlog.TreeHash(int64(len(lines)), reader)
	check(err)
	fmt.Println("ok", len(lines), base64.StdEncoding.EncodeToString(hash[:]))
}

func hashes(lines []string) []tlog.Hash {
	found := make([]tlog.Hash, len(lines))
	for i, line := range lines {
		bytes, err := base64.StdEncoding.DecodeString(line)
		check(err)
		if len(bytes) != tlog.HashSize {
			fail("not a hash")
		}
		copy(found[i][:], bytes)
	}
	return found
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
	fmt.Println("refused:", why)
	os.Exit(1)
}
