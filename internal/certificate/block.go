package certificate

import (
	"bytes"
	"encoding/pem"
)

// blocks returns the PEM blocks of a file, of whatever system it comes: a byte-order
// mark, spaces in front of a line, the line ends of Windows and of old Macs, and an end
// that shares its line with the next beginning, where files were joined, lose no block.
// damaged holds the types of the blocks that begin and cannot be decoded: without them,
// something else would be served than the file says.
func blocks(content []byte) (whole []*pem.Block, damaged []string) {
	text := plainLines(content)
	for begun := nextBlock(text); begun != nil; begun = nextBlock(text) {
		text = begun[len(beginning):]
		end := len(begun)
		if next := nextBlock(text); next != nil {
			end -= len(next)
		}
		block, _ := pem.Decode(begun[:end])
		if block == nil {
			kind, _, _ := bytes.Cut(text, []byte("-----"))
			damaged = append(damaged, string(kind))
			continue
		}
		whole = append(whole, block)
	}
	return whole, damaged
}

const beginning = "-----BEGIN "

// nextBlock is what begins with the next block; nil where there is none.
func nextBlock(text []byte) []byte {
	if bytes.HasPrefix(text, []byte(beginning)) {
		return text
	}
	if at := bytes.Index(text, []byte("\n"+beginning)); at >= 0 {
		return text[at+1:]
	}
	return nil
}

func plainLines(content []byte) []byte {
	text := bytes.ReplaceAll(content, []byte("\xef\xbb\xbf"), nil)
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte("-----"+beginning), []byte("-----\n"+beginning))
	lines := bytes.Split(text, []byte("\n"))
	for i, line := range lines {
		lines[i] = bytes.TrimSpace(line)
	}
	return bytes.Join(lines, []byte("\n"))
}

// isUTF16 reports whether a text begins with a byte-order mark of UTF-16, as
// the shell of Windows writes it.
func isUTF16(content []byte) bool {
	return bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff"))
}
