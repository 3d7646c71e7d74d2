package generation

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"edgegen/internal/render"
	"edgegen/internal/site"
)

// unserved finds the private files below each root, by all their names: those
// that links lead to, and other names of the same file (hard links). nginx
// looks at names alone.
func unserved(edge *site.Edge, private site.Private) []render.Unserved {
	b := newBelow(edge)
	for _, file := range private.Files {
		b.each(file, func(u *render.Unserved, name string) { u.Names = append(u.Names, name) })
	}
	for _, family := range private.Families {
		b.each(filepath.Join(family.Directory, "x"), func(u *render.Unserved, name string) {
			u.Families = append(u.Families, site.Family{Directory: strings.TrimSuffix(name, "x"), Ending: family.Ending})
		})
	}
	for _, tree := range private.Trees {
		b.each(tree, func(u *render.Unserved, name string) { u.Trees = append(u.Trees, name) })
		b.within(tree)
	}
	for _, name := range otherNames(b.real, private) {
		b.each(name, func(u *render.Unserved, name string) { u.Names = append(u.Names, name) })
	}
	return b.all()
}

// below sorts names by the roots that they lie below.
type below struct {
	resolve resolver
	roots   map[string]*render.Unserved // as the model names them
	real    map[string][]*render.Unserved
}

func newBelow(edge *site.Edge) *below {
	b := &below{resolver{}, map[string]*render.Unserved{}, map[string][]*render.Unserved{}}
	for i := range edge.Sites {
		for _, route := range edge.Sites[i].Routes {
			if route.Static == nil || b.roots[route.Static.Root] != nil {
				continue
			}
			u := &render.Unserved{Root: route.Static.Root}
			b.roots[u.Root] = u
			for _, name := range sorted([]string{u.Root, b.resolve.path(u.Root)}) {
				b.real[name] = append(b.real[name], u)
			}
		}
	}
	return b
}

// each calls add for every root above the name, or above where it leads.
func (b *below) each(name string, add func(u *render.Unserved, name string)) {
	for _, name := range sorted([]string{name, b.resolve.path(name)}) {
		for root := filepath.Dir(name); ; root = filepath.Dir(root) {
			for _, u := range b.real[root] {
				add(u, strings.TrimPrefix(name, strings.TrimSuffix(root, "/")))
			}
			if root == filepath.Dir(root) {
				break
			}
		}
	}
}

// within finds the roots that are a tree, or lie in it.
func (b *below) within(tree string) {
	for _, tree := range sorted([]string{tree, b.resolve.path(tree)}) {
		for root, all := range b.real {
			if root == tree || strings.HasPrefix(root, strings.TrimSuffix(tree, "/")+"/") {
				for _, u := range all {
					u.Trees = append(u.Trees, "/")
				}
			}
		}
	}
}

// all are the roots with something to hide, in a fixed order.
func (b *below) all() []render.Unserved {
	var all []render.Unserved
	for _, root := range slices.Sorted(maps.Keys(b.roots)) {
		u := b.roots[root]
		if len(u.Names)+len(u.Families)+len(u.Trees) == 0 {
			continue
		}
		u.Names, u.Families, u.Trees = sorted(u.Names), sortedFamilies(u.Families), sorted(u.Trees)
		all = append(all, *u)
	}
	return all
}

// fileID names a file by the file system.
type fileID struct{ device, inode uint64 }

// otherNames looks below the roots for names of private files that nobody gave:
// hard links. Only where a file has more names than are known is there a look.
func otherNames(roots map[string][]*render.Unserved, private site.Private) []string {
	known := map[fileID]int{} // names of it that are not known
	for _, name := range privateNames(private) {
		if id, links, ok := idOf(name); ok {
			if _, again := known[id]; !again {
				known[id] = links
			}
			known[id]--
		}
	}
	maps.DeleteFunc(known, func(_ fileID, unknown int) bool { return unknown <= 0 })
	if len(known) == 0 {
		return nil
	}
	var names []string
	for root := range roots {
		_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return nil // what edgegen may not enter, nginx may not either
			}
			if id, _, ok := idOf(path); ok && known[id] > 0 {
				names = append(names, path)
			}
			return nil
		})
	}
	return names
}

// privateNames are the names, as the file system has them, of all private files
// that are there.
func privateNames(private site.Private) []string {
	var names []string
	resolve := resolver{}
	for _, file := range private.Files {
		names = append(names, resolve.path(file))
	}
	for _, family := range private.Families {
		entries, _ := os.ReadDir(family.Directory) // none are hidden then
		for _, entry := range entries {
			if strings.HasSuffix(entry.Name(), family.Ending) {
				names = append(names, resolve.path(filepath.Join(family.Directory, entry.Name())))
			}
		}
	}
	for _, tree := range private.Trees {
		_ = filepath.WalkDir(resolve.path(tree), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				names = append(names, path)
			}
			return nil
		})
	}
	return sorted(names)
}

func idOf(path string) (id fileID, links int, ok bool) {
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil || st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return fileID{}, 0, false
	}
	return fileID{st.Dev, st.Ino}, int(st.Nlink), true
}
