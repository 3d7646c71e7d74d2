// Package sitefiles sorts the files that a site is made of, for whoever describes an edge
// to what runs it elsewhere: what may be seen in a description, and what holds keys and
// passwords. It reads files, and writes none.
package sitefiles

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"edgegen/internal/config"
	"edgegen/internal/site"
)

// Rules say what is sorted, and how much of it finds room.
type Rules struct {
	Loaded *config.Loaded
	Holder string // what is to hold the files that may be seen, as "a ConfigMap"
	Max    int    // how many bytes it holds, with the files' paths
	Remedy string // what to do with a site that it does not hold
	// There says that the files that may be seen are there already: only the others are
	// sorted.
	There bool
	// Links says that what lies at the top of the holder are links to elsewhere, which an
	// edge does not serve.
	Links bool
	// Refuse notes why the site cannot be described.
	Refuse func(at site.Source, summary, remedy string)
}

// Files are those of a site.
type Files struct {
	Open   []Open   // what may be seen, sorted by their paths
	Pairs  []Pair   // certificates with their keys, each once
	Hidden []string // the absolute names of what is secret besides
}

// Open is a file that may be seen.
type Open struct {
	Name  string // absolute
	Below string // its path below the site's directory, with slashes
	Data  []byte
}

// A Pair is a certificate with its key, by their absolute names, which are the same where
// one file has both.
type Pair struct {
	Of               string // the host of the site, or the name of the backend that the edge shows it to
	Client           bool   // the edge shows it to a backend
	Certificate, Key string
}

// sorter is on its way through a site's files.
type sorter struct {
	Rules
	Files

	sorted map[string]bool // by name: what has a place already
	size   int             // bytes of what is open, with their paths
}

// Sort finds out for each file of the site where it belongs.
func Sort(r Rules) Files {
	s := &sorter{Rules: r, sorted: map[string]bool{}}
	s.pairs()
	for _, one := range r.Loaded.Edge.Sites {
		for _, route := range one.Routes {
			if route.Access.Basic != nil {
				s.hide(route.Access.Basic.UsersFile)
			}
		}
	}
	if !r.There {
		for _, name := range r.Loaded.Files {
			err := s.open(name)
			switch {
			case errors.Is(err, errSensitive):
				s.hide(name)
			case err != nil && !errors.Is(err, fs.ErrNotExist):
				s.Refuse(site.Source{}, err.Error(), s.Remedy)
			}
		}
		s.static()
	}
	slices.SortFunc(s.Open, func(a, b Open) int { return cmp.Compare(a.Below, b.Below) })
	return s.Files
}

// errSensitive says that a file holds what is to be seen nowhere.
var errSensitive = errors.New("it holds a key or a secret")

// pairs takes certificates with keys out of what may be seen.
func (s *sorter) pairs() {
	pair := func(p Pair) {
		if s.sorted[p.Certificate] || p.Certificate == "" {
			return
		}
		s.sorted[p.Certificate], s.sorted[p.Key] = true, true
		s.Pairs = append(s.Pairs, p)
	}
	for _, one := range s.Loaded.Edge.Sites {
		for i := range one.TLS.Certificates {
			pair(Pair{Of: one.Host, Certificate: one.TLS.Certificates[i], Key: one.TLS.Keys[i]})
		}
		for _, b := range one.Backends {
			pair(Pair{Of: b.Name, Client: true, Certificate: b.TLS.Certificate, Key: b.TLS.Key})
		}
	}
}

func (s *sorter) hide(name string) {
	if !s.sorted[name] {
		s.sorted[name] = true
		s.Hidden = append(s.Hidden, name)
	}
}

// open finds room for a file that may be seen, unless it has a place already.
func (s *sorter) open(name string) error {
	if s.sorted[name] || s.size > s.Max { // which has been said
		return nil
	}
	below, ok := Below(s.Loaded.Root, name)
	if !ok {
		return fmt.Errorf("%s lies outside of the site's directory", name)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	sensitive := func(text string) bool { return bytes.Contains(data, []byte(text)) }
	if sensitive("PRIVATE KEY-----") || slices.ContainsFunc(s.Loaded.Edge.Secrets, sensitive) {
		return errSensitive
	}
	s.sorted[name] = true
	s.Open = append(s.Open, Open{name, below, data})
	if s.size += len(data) + len(below); s.size > s.Max {
		return fmt.Errorf("with %s the site's files have more than %d KiB, which is what %s holds", below, s.Max>>10, s.Holder)
	}
	return nil
}

// static finds room for the files that clients get.
func (s *sorter) static() {
	seen := map[string]bool{}
	for _, one := range s.Loaded.Edge.Sites {
		for _, route := range one.Routes {
			if route.Static == nil || seen[route.Static.Root] {
				continue
			}
			seen[route.Static.Root] = true
			if s.Links && route.Static.Root == s.Loaded.Root {
				s.Refuse(route.Static.RootSource, "files beside the site file cannot be served from "+s.Holder, `put them into a directory of their own, such as root = "public"`)
			} else if err := s.tree(route.Static.Root); err != nil {
				s.Refuse(route.Static.RootSource, err.Error(), s.Remedy)
			}
		}
	}
}

// tree finds room for a directory of files, but for what is not served.
func (s *sorter) tree(root string) error {
	return filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(entry.Name(), ".") && name != root && entry.Name() != ".well-known":
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !entry.Type().IsRegular():
			return nil
		}
		if err := s.open(name); !errors.Is(err, errSensitive) {
			return err
		}
		return fmt.Errorf("%s holds a key or a secret, and lies among files that clients get", Shown(s.Loaded.Root, name))
	})
}
