package cluster

import (
	"cmp"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// Name is a member as all others call it, "host:port", and what is known of it
// beforehand for ranking.
type Name struct {
	Text string
	sum  uint64
}

// NewName is the name of a member.
func NewName(text string) Name { return Name{text, xxhash.Sum64String(text)} }

// weight is how much a member is drawn to a key: by rendezvous hashing, the heaviest owns
// it. The steps are the finalizer of MurmurHash3, after which every bit of either sum
// decides about every bit of the weight.
func (n Name) weight(key uint64) uint64 {
	w := n.sum ^ key
	w ^= w >> 33
	w *= 0xff51afd7ed558ccd
	w ^= w >> 33
	w *= 0xc4ceb9fe1a85ec53
	return w ^ w>>33
}

// Sum is what a key is ranked by.
func Sum(key string) uint64 { return xxhash.Sum64String(key) }

// Rank orders members by who owns a key: the first does, or else, while it is away, the
// next.
func Rank(key string, members []Name) []Name {
	sum := Sum(key)
	ranked := slices.Clone(members)
	slices.SortFunc(ranked, func(a, b Name) int {
		return cmp.Or(cmp.Compare(b.weight(sum), a.weight(sum)), cmp.Compare(a.Text, b.Text))
	})
	return ranked
}
