package routing

import (
	"math/bits"
	"regexp/syntax"
)

// bytes is a set of bytes.
type bytes [4]uint64

func (b bytes) has(c int) bool { return b[c>>6]>>(c&63)&1 != 0 }

func (b *bytes) add(c int) { b[c>>6] |= 1 << (c & 63) }

func (b bytes) or(other bytes) bytes {
	for i := range b {
		b[i] |= other[i]
	}
	return b
}

func (b bytes) meets(other bytes) bool {
	return b[0]&other[0]|b[1]&other[1]|b[2]&other[2]|b[3]&other[3] != 0
}

// all reports whether every byte of a subject is in it.
func (b bytes) all() bool {
	for c := 0x20; c < 256; c++ {
		if !b.has(c) && c != 0x7f {
			return false
		}
	}
	return true
}

// only is the one byte of a set, or noByte.
func (b bytes) only() int {
	count, at := 0, noByte
	for i, word := range b {
		if count += bits.OnesCount64(word); word != 0 {
			at = i<<6 + bits.TrailingZeros64(word)
		}
	}
	if count != 1 {
		return noByte
	}
	return at
}

// bytesOf is what an expression matches that matches one byte.
func bytesOf(n *syntax.Regexp) (set bytes, ok bool) {
	switch n.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		for i := range set {
			set[i] = ^uint64(0)
		}
	case syntax.OpCharClass:
		for i := 0; i+1 < len(n.Rune); i += 2 {
			for c := n.Rune[i]; c <= min(n.Rune[i+1], 255); c++ {
				set.add(int(c))
			}
		}
	case syntax.OpLiteral:
		if len(n.Rune) != 1 {
			return set, false
		}
		set = bytesOfRune(n.Rune[0], n.Flags&syntax.FoldCase != 0)
	default:
		return set, false
	}
	return set, true
}

func bytesOfRune(c rune, fold bool) (set bytes) {
	set.add(int(c & 0xff))
	if letter := c | 0x20; fold && letter >= 'a' && letter <= 'z' {
		set.add(int(letter))
		set.add(int(letter &^ 0x20))
	}
	return set
}
