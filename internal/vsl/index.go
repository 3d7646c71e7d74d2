package vsl

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// place is where varnishd's child keeps its log.
type place struct {
	file   string
	offset int64
	size   int64
}

const childDir = "_.vsm_child/"

// find looks into the index of what varnishd's child shares, below varnishd's working
// directory; false where there is no log yet. varnishd may be writing it.
func find(root *os.Root) (p place, found bool) {
	index, err := root.OpenFile(childDir+"_.index", os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return p, false
	}
	defer index.Close()
	lines := bufio.NewScanner(io.LimitReader(index, 1<<20))
	for lines.Scan() {
		// SIGN FILE OFFSET SIZE CLASS IDENT; up to version 6 without the sign.
		fields := strings.Fields(lines.Text())
		gone := len(fields) > 0 && fields[0] == "-"
		if gone || len(fields) > 0 && fields[0] == "+" {
			fields = fields[1:]
		}
		if len(fields) < 4 || fields[3] != "Log" {
			continue
		}
		one := place{file: fields[0]}
		one.offset, _ = strconv.ParseInt(fields[1], 10, 64)
		one.size, _ = strconv.ParseInt(fields[2], 10, 64)
		if gone && one == p {
			p, found = place{}, false
			continue
		}
		p, found = one, !gone
	}
	return p, found
}
