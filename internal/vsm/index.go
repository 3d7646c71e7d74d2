package vsm

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// piece is something that varnishd's child shares, and where that is.
type piece struct {
	file   string
	offset int64
	size   int64
	class  string // such as Log or Stat
	name   string // "" where the class says enough
}

const childDir = "_.vsm_child/"

// index is what varnishd's child shares, as its file of that name has it.
type index struct {
	seen   os.FileInfo // of the file, as it was when it was read; nil before that
	pieces []piece
}

// mostIndex bounds what is read of the file: more than the backends of 10,000 sites take.
const mostIndex = 32 << 20

// read returns what is shared now, the oldest first, and nothing where there is no child.
// root is varnishd's working directory. varnishd may be writing the file: what is not there
// as a whole yet comes with the next call.
func (x *index) read(root *os.Root) ([]piece, error) {
	file, err := root.OpenFile(childDir+"_.index", os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, os.ErrNotExist) {
		*x = index{}
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the index of what varnishd shares: %w", err)
	}
	defer file.Close()
	now, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("open the index of what varnishd shares: %w", err)
	}
	if x.seen != nil && os.SameFile(x.seen, now) && x.seen.Size() == now.Size() && x.seen.ModTime().Equal(now.ModTime()) {
		return x.pieces, nil
	}
	x.seen, x.pieces = now, parseIndex(io.LimitReader(file, mostIndex))
	return x.pieces, nil
}

// parseIndex reads a line for each piece that came or went: SIGN FILE OFFSET SIZE CLASS
// NAME, and up to version 6 without the sign. What is no such line is passed over.
func parseIndex(text io.Reader) (pieces []piece) {
	at := make(map[piece]int)
	for lines := bufio.NewScanner(text); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		gone := len(fields) > 0 && fields[0] == "-"
		if gone || len(fields) > 0 && fields[0] == "+" {
			fields = fields[1:]
		}
		if len(fields) < 4 || fields[0] == "#" {
			continue
		}
		one := piece{file: fields[0], class: fields[3]}
		one.offset, _ = strconv.ParseInt(fields[1], 10, 64)
		one.size, _ = strconv.ParseInt(fields[2], 10, 64)
		if len(fields) > 4 {
			one.name = fields[4]
		}
		if n, known := at[one]; known && gone {
			pieces[n].class = "" // nobody looks for that
			delete(at, one)
		} else if !gone {
			at[one] = len(pieces)
			pieces = append(pieces, one)
		}
	}
	return slices.DeleteFunc(pieces, func(p piece) bool { return p.class == "" })
}

// open opens the file that a piece is in, which has to be there as a whole: errEarly says
// that it is not yet.
func (p piece) open(root *os.Root) (*os.File, error) {
	file, err := root.OpenFile(childDir+p.file, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	end := p.offset + p.size
	if err == nil && (p.offset < 0 || p.size < 0 || end < p.offset || end > info.Size() || !info.Mode().IsRegular()) {
		err = errEarly
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// errEarly says that the child has not made something yet that it shares.
var errEarly = errors.New("what varnishd shares is not ready")
