package generation

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"edgegen/internal/config"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// privateOf lists what is never served as a file: all that the site is made of,
// and the directories that edgegen keeps to itself.
func privateOf(loaded *config.Loaded, own ...string) site.Private {
	private := site.Private{Files: slices.Clone(loaded.Files), Trees: own}
	for _, s := range loaded.Edge.Sites {
		if s.TLS.Given() {
			private.Files = append(append(private.Files, s.TLS.Certificates...), s.TLS.Keys...)
		}
		for _, file := range []string{s.TLS.Clients.CAFile, s.TLS.Clients.CRLFile} {
			if file != "" {
				private.Files = append(private.Files, file)
			}
		}
		for _, route := range s.Routes {
			if b := route.Access.Basic; b != nil {
				private.Files = append(private.Files, b.UsersFile)
			}
		}
	}
	if loaded.Root != "" {
		for _, ending := range []string{".hcl", ".hcl.json", ".edgevars", ".edgevars.json"} {
			private.Families = append(private.Families, site.Family{Directory: loaded.Root, Ending: ending})
		}
	}
	private.Files = sorted(private.Files)
	resolve := resolver{}
	for _, file := range private.Files {
		// A certificate that is renewed often stays behind one link while the file
		// that it leads to is another one each time, in the same directory.
		if at := resolve.path(file); at != file && filepath.Ext(at) != "" && filepath.Base(at) != filepath.Base(file) {
			private.Families = append(private.Families, site.Family{Directory: filepath.Dir(at), Ending: filepath.Ext(at)})
		}
	}
	private.Families = sortedFamilies(private.Families)
	return private
}

func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

func sortedFamilies(all []site.Family) []site.Family {
	slices.SortFunc(all, func(a, b site.Family) int {
		return cmp.Or(cmp.Compare(a.Directory, b.Directory), cmp.Compare(a.Ending, b.Ending))
	})
	return slices.Compact(all)
}

// resolver finds where names lead by links. It remembers directories.
type resolver map[string]string

// path is the name itself where it leads nowhere.
func (r resolver) path(name string) string {
	directory := filepath.Dir(name)
	real, known := r[directory]
	if !known {
		real = directory
		if at, err := filepath.EvalSymlinks(directory); err == nil {
			real = at
		}
		r[directory] = real
	}
	name = filepath.Join(real, filepath.Base(name))
	if info, err := os.Lstat(name); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if at, err := filepath.EvalSymlinks(name); err == nil {
			return at
		}
	}
	return name
}

// warnPrivate says at the line of a root what below it is never served.
func warnPrivate(loaded *config.Loaded, hidden []render.Unserved, found *config.Findings) {
	said := map[site.Source]bool{}
	for i := range loaded.Edge.Sites {
		for _, route := range loaded.Edge.Sites[i].Routes {
			at := slices.IndexFunc(hidden, func(u render.Unserved) bool { return route.Static != nil && u.Root == route.Static.Root })
			if at < 0 || said[route.Static.RootSource] || len(hidden[at].Names)+len(hidden[at].Trees) == 0 {
				continue
			}
			said[route.Static.RootSource] = true
			found.Add(route.Static.RootSource, config.Warning,
				"below root lie files that are never served: "+some(slices.Concat(hidden[at].Names, hidden[at].Trees)),
				`name a directory that holds what everybody may have, and nothing else, such as root = "public"`)
		}
	}
}

// some names the first few of a list.
func some(names []string) string {
	const few = 4
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], "/")
	}
	if len(names) > few {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
	}
	return strings.Join(names, ", ")
}
