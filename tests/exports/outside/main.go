// Verifies the ledger of an export with Go's own transparency log packages; none of its code is ours but this reading.
//
//	main EXPORT.zip KEY [PREVIOUS.zip]
//
// Exit code 0: the checkpoint is signed by KEY, every tile that is needed is authentic, every line of changes.jsonl is
// the leaf at its place, and the ledger of PREVIOUS is its beginning.
package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type export struct {
	files map[string]*zip.File
	size  int64
	root  tlog.Hash
}

func check(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func (e *export) read(name string) ([]byte, error) {
	file, ok := e.files[name]
	if !ok {
		return nil, fmt.Errorf("no %s", name)
	}
	reader, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	return io.ReadAll(reader)
}

func open(path, key string) *export {
	archive, err := zip.OpenReader(path)
	check(err, path)
	e := &export{files: map[string]*zip.File{}}
	for _, file := range archive.File {
		e.files[file.Name] = file
	}
	verifier, err := note.NewVerifier(key)
	check(err, "key")
	message, err := e.read("checkpoint")
	check(err, "checkpoint")
	opened, err := note.Open(message, note.VerifierList(verifier))
	check(err, "checkpoint")
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		check(fmt.Errorf("%q", opened.Text), "checkpoint")
	}
	_, err = fmt.Sscanf(lines[1], "%d", &e.size)
	check(err, "size")
	e.root, err = tlog.ParseHash(lines[2])
	check(err, "root")
	return e
}

// Height, ReadTiles and SaveTiles make an export a tlog.TileReader. C2SP leaves the height out of Go's paths.
func (e *export) Height() int { return 8 }

func (e *export) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := e.read(strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (e *export) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func main() {
	now := open(os.Args[1], os.Args[2])
	hashes := tlog.TileHashReader(tlog.Tree{N: now.size, Hash: now.root}, now)
	root, err := tlog.TreeHash(now.size, hashes)
	check(err, "tiles")
	if root != now.root {
		check(fmt.Errorf("%v", root), "root")
	}
	changes, err := now.read("changes.jsonl")
	check(err, "changes.jsonl")
	lines := bytes.SplitAfter(changes, []byte("\n"))
	lines = lines[:len(lines)-1]
	if int64(len(lines)) != now.size {
		check(fmt.Errorf("%d lines, %d leaves", len(lines), now.size), "changes.jsonl")
	}
	for index, line := range lines {
		leaf := tlog.RecordHash(bytes.TrimSuffix(line, []byte("\n")))
		proof, err := tlog.ProveRecord(now.size, int64(index), hashes)
		check(err, "proof")
		check(tlog.CheckRecord(proof, now.size, now.root, int64(index), leaf), fmt.Sprintf("line %d", index+1))
	}
	if len(os.Args) > 3 {
		before := open(os.Args[3], os.Args[2])
		proof, err := tlog.ProveTree(now.size, before.size, hashes)
		check(err, "proof")
		check(tlog.CheckTree(proof, now.size, now.root, before.size, before.root), "previous")
	}
	fmt.Println(now.size)
}
