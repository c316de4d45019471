// Other people's code on our receipts: Go's own sumdb/note and sumdb/tlog (Debian: golang-golang-x-mod-dev), which
// know nothing of Xinwang. Given a verifier key, a checkpoint and for each batch a C2SP tlog-proof and its leaf,
//
//	check VKEY CHECKPOINT [PROOF LEAF-HEX]...
//
// it opens the checkpoint by that one key, whose name must be the origin line, and checks every leaf's place. Ends
// with status 1 and a reason if anything does not hold.
package main

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
	fmt.Println("holds:", (len(os.Args)-3)/2, "leaves")
}

func run(args []string) error {
	if len(args) < 2 || len(args)%2 != 0 {
		return errors.New("check VKEY CHECKPOINT [PROOF LEAF-HEX]...")
	}
	verifier, err := note.NewVerifier(args[0])
	if err != nil {
		return err
	}
	text, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	tree, err := open(text, verifier)
	if err != nil {
		return err
	}
	for i := 2; i < len(args); i += 2 {
		if err := checkLeaf(args[i], args[i+1], string(text), tree); err != nil {
			return fmt.Errorf("%s: %w", args[i], err)
		}
	}
	return nil
}

// A C2SP checkpoint: origin, size, root, signed by the key of that name.
func open(text []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tlog.Tree{}, errors.New("not three lines")
	}
	if lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("the key's name is not the origin line")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func checkLeaf(file, leaf, checkpoint string, tree tlog.Tree) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, rest, found := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return errors.New("not a tlog-proof")
	}
	if rest != checkpoint {
		return errors.New("another checkpoint")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		raw, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(raw) != tlog.HashSize {
			return errors.New("not a hash")
		}
		proof = append(proof, tlog.Hash(*(*[tlog.HashSize]byte)(raw)))
	}
	data, err := hex.DecodeString(leaf)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(data))
}
