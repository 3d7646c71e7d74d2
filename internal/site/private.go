package site

// Private names what is never served as a file, whatever a root holds: what the site is
// made of, and what edgegen keeps for itself. A file is recognised under any of its names,
// hard links and symbolic links. All paths are absolute.
type Private struct {
	Files    []string
	Families []Family
	Trees    []string // directories, with everything below
}

// Family is the files of a directory whose names have the same ending, also files that
// appear there later.
type Family struct{ Directory, Ending string }
