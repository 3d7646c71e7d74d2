package api

import (
	"os"
	"path/filepath"
	"slices"

	"edgegen/internal/config"
)

// DirectoryField is where a client says in which directory it works.
const DirectoryField = "from"

// SeenFrom names files so that somebody who works in the directory finds them:
// as the site was named where this process works there too, and otherwise from
// the root.
func SeenFrom(directory string, all config.Diagnostics) config.Diagnostics {
	here, err := os.Getwd()
	if err != nil || directory == here {
		return all
	}
	all = slices.Clone(all)
	for i, one := range all {
		if one.File != "" && !filepath.IsAbs(one.File) {
			all[i].File = filepath.Join(here, one.File)
		}
	}
	return all
}

func Socket(stateDir string) string { return filepath.Join(stateDir, "control.sock") }

// UndoField is where a client says that a drain is to be taken back.
const UndoField = "undo"

// Where a client says what it wants a plan of: paths, from the root on, and values that it
// gives for variables.
const (
	SiteField      = "site"
	TemplatesField = "templates"
	GivenField     = "given"
)
