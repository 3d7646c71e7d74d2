package config

import "edgegen/internal/site"

// memory is what a load leaves to the next.
type memory struct {
	sites map[string]map[string]*remembered // by the file's path and the block's text
	pairs map[pairFiles]*reading
}

func newMemory() memory {
	return memory{sites: map[string]map[string]*remembered{}, pairs: map[pairFiles]*reading{}}
}

// remembered is a site block that was decoded without an error: a site, or
// those that it stands for. Its places and
// lines are counted from the beginning of its piece. It is not changed once it
// is made.
type remembered struct {
	note
	text   string
	breaks []int
	sites  []site.Site
}
