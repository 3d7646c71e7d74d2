package kubernetes

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"edgegen/internal/site"
)

// mounted is where a site is found in a pod.
const mounted = "/etc/edgegen"

// maxConfig is how much a ConfigMap holds, with room for its names.
const maxConfig = 1<<20 - 64<<10

// maxKey is how long a key of a ConfigMap or a Secret may be.
const maxKey = validation.DNS1123SubdomainMaxLength

// files is where each file of the site comes from in a pod.
type files struct {
	config  []file // of the ConfigMap
	size    int    // bytes of these, with their keys
	secrets []Secret
	mounts  []mount
	sorted  map[string]bool // by name: what has a place already
}

// A file is one of the ConfigMap.
type file struct {
	key, path string
	data      []byte
}

// A mount is a directory of the pod with files of Secrets, and for /etc/edgegen
// those of the ConfigMap too.
type mount struct {
	directory string
	items     []item
}

// An item is a key of a Secret and the path that it gets below the mount.
type item struct{ secret, key, path string }

// inImage is what to do with a site that no ConfigMap holds.
const inImage = "build an image with the files at " + mounted + ", and pass --in-image with its name as --image"

// sort finds out for each file of the site where it comes from.
func (e *exporter) sort() files {
	f := files{sorted: map[string]bool{}}
	e.pairs(&f)
	other := Secret{Name: e.Name + "-files"}
	hide := func(name string) {
		if f.sorted[name] {
			return
		}
		f.sorted[name] = true
		other.Files = append(other.Files, SecretFile{e.key(name), e.shown(name)})
		e.place(&f, other.Name, e.key(name), name)
	}
	for _, s := range e.edge.Sites {
		for _, route := range s.Routes {
			if route.Access.Basic != nil {
				hide(route.Access.Basic.UsersFile)
			}
		}
	}
	if !e.InImage {
		for _, name := range e.loaded.Files {
			err := e.configured(&f, name)
			switch {
			case errors.Is(err, errSensitive):
				hide(name)
			case err != nil && !errors.Is(err, fs.ErrNotExist):
				e.refuse(site.Source{}, err.Error(), inImage)
			}
		}
		e.static(&f)
	}
	if len(other.Files) > 0 {
		f.secrets = append(f.secrets, other)
	}
	slices.SortFunc(f.config, func(a, b file) int { return cmp.Compare(a.path, b.path) })
	return f
}

// errSensitive says that a file holds what is to be seen nowhere.
var errSensitive = errors.New("it holds a key or a secret")

// configured puts a file into the ConfigMap, unless it has a place already.
func (e *exporter) configured(f *files, name string) error {
	if f.sorted[name] || f.size > maxConfig { // which has been said
		return nil
	}
	below, ok := e.below(name)
	if !ok {
		return fmt.Errorf("%s lies outside of the site's directory", name)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	sensitive := func(s string) bool { return bytes.Contains(data, []byte(s)) }
	if sensitive("PRIVATE KEY-----") || slices.ContainsFunc(e.edge.Secrets, sensitive) {
		return errSensitive
	}
	one := file{e.key(name), below, data}
	f.sorted[name] = true
	f.config = append(f.config, one)
	if f.size += len(one.data) + len(one.key); f.size > maxConfig {
		return fmt.Errorf("with %s the site's files have more than %d KiB, which is what a ConfigMap holds", e.shown(name), maxConfig>>10)
	}
	return nil
}

// static puts the files that clients get into the ConfigMap, where they fit.
func (e *exporter) static(f *files) {
	seen := map[string]bool{}
	for _, s := range e.edge.Sites {
		for _, route := range s.Routes {
			if route.Static == nil || seen[route.Static.Root] {
				continue
			}
			seen[route.Static.Root] = true
			if route.Static.Root == e.loaded.Root {
				// What lies at the top of a mounted ConfigMap are links to elsewhere, which an
				// edge does not follow.
				e.refuse(route.Static.RootSource, "files beside the site file cannot be served from a ConfigMap", `put them into a directory of their own, such as root = "public"`)
			} else if err := e.tree(f, route.Static.Root); err != nil {
				e.refuse(route.Static.RootSource, err.Error(), inImage)
			}
		}
	}
}

// tree puts a directory of files into the ConfigMap, but for what is not served.
func (e *exporter) tree(f *files, root string) error {
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
		if err := e.configured(f, name); !errors.Is(err, errSensitive) {
			return err
		}
		return fmt.Errorf("%s holds a key or a secret, and lies among files that clients get", e.shown(name))
	})
}

// place says at which path of the pod a key of a Secret is to be.
func (e *exporter) place(f *files, secret, key, name string) {
	directory, below := path.Dir(filepath.ToSlash(name)), path.Base(filepath.ToSlash(name))
	if inside, ok := e.below(name); ok {
		directory, below = mounted, inside
	}
	at := slices.IndexFunc(f.mounts, func(m mount) bool { return m.directory == directory })
	if at < 0 {
		at = len(f.mounts)
		f.mounts = append(f.mounts, mount{directory: directory})
	}
	f.mounts[at].items = append(f.mounts[at].items, item{secret, key, below})
}

// below is the path of a file below the site's directory; false for another one.
func (e *exporter) below(name string) (string, bool) {
	inside, err := filepath.Rel(e.loaded.Root, name)
	return filepath.ToSlash(inside), err == nil && filepath.IsLocal(inside)
}

// shown is the name of a file as a person in the site's directory writes it.
func (e *exporter) shown(name string) string {
	if inside, ok := e.below(name); ok {
		return inside
	}
	return name
}

// key names a file within a ConfigMap or a Secret, where slashes are not allowed.
func (e *exporter) key(name string) string {
	inside := strings.TrimPrefix(e.shown(name), "/")
	var key strings.Builder
	for i, r := range inside {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '.' && i > 0:
			key.WriteRune(r)
		case r == '/':
			key.WriteString("__")
		default:
			fmt.Fprintf(&key, "_%x", r)
		}
	}
	if key.Len() <= maxKey {
		return key.String()
	}
	sum := sha256.Sum256([]byte(inside))
	return fmt.Sprintf("%s_%x", key.String()[:maxKey-33], sum[:16])
}
