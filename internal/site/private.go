package site

// Private names what is never served as a file, whatever a root holds: what the
// site is made of, and what edgegen keeps for itself. A file counts by its
// identity, so by any name and any link. All paths are absolute.
type Private struct {
	Files    []string
	Families []Family
	Trees    []string // directories, with everything below
}

// Family is the files of a directory whose names end alike, those too that
// come there later.
type Family struct{ Directory, Ending string }
