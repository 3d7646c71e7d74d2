package kubernetes

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"edgegen/internal/site"
)

// mounted is where a site is found in a pod.
const mounted = "/etc/edgegen"

// maxConfig is how much a ConfigMap holds, with room for its names.
const maxConfig = 1<<20 - 64<<10

// A Secret is one that the objects refer to and do not hold: its keys never
// leave the machine by edgegen.
type Secret struct {
	Name string
	// Certificate and Key are the files of one for TLS; else Files are what is in it,
	// by the keys that they have there.
	Certificate, Key string
	Files            []SecretFile
}

// A SecretFile is a file that becomes a key of a Secret.
type SecretFile struct{ Key, File string }

// Command is what makes the Secret.
func (s Secret) Command(namespace string) string {
	in := ""
	if namespace != "" {
		in = " --namespace " + namespace
	}
	if s.Certificate != "" {
		return fmt.Sprintf("kubectl create secret tls %s%s --cert=%s --key=%s", s.Name, in, s.Certificate, s.Key)
	}
	command := fmt.Sprintf("kubectl create secret generic %s%s", s.Name, in)
	for _, f := range s.Files {
		command += fmt.Sprintf(" --from-file=%s=%s", f.Key, f.File)
	}
	return command
}

// files is where each file of the site comes from in a pod.
type files struct {
	config  []file // of the ConfigMap
	secrets []Secret
	mounts  []mount
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

// sort finds out for each file of the site where it comes from.
func (e *exporter) sort() files {
	var sorted files
	secret := map[string]bool{}
	e.secretPairs(&sorted, secret)
	other := Secret{Name: e.Name + "-files"}
	add := func(name string) {
		if secret[name] {
			return
		}
		secret[name] = true
		other.Files = append(other.Files, SecretFile{e.key(name), e.shown(name)})
		e.place(&sorted, other.Name, e.key(name), name)
	}
	for _, s := range e.edge.Sites {
		for _, route := range s.Routes {
			if route.Access.Basic != nil {
				add(route.Access.Basic.UsersFile)
			}
		}
	}
	if !e.InImage {
		for _, name := range e.loaded.Files {
			if !secret[name] {
				e.configured(&sorted, name, func() { add(name) })
			}
		}
		e.static(&sorted)
	}
	if len(other.Files) > 0 {
		sorted.secrets = append(sorted.secrets, other)
	}
	e.measure(&sorted)
	return sorted
}

// secretPairs takes certificates with keys out of what a ConfigMap may hold.
func (e *exporter) secretPairs(sorted *files, secret map[string]bool) {
	pair := func(name, certificate, key string) {
		if secret[certificate] || certificate == "" {
			return
		}
		secret[certificate], secret[key] = true, true
		s := Secret{Name: name, Certificate: e.shown(certificate), Key: e.shown(key)}
		e.place(sorted, name, "tls.crt", certificate)
		if key != certificate {
			e.place(sorted, name, "tls.key", key)
		} else { // both in one file
			s = Secret{Name: name, Files: []SecretFile{{"tls.crt", e.shown(certificate)}}}
		}
		sorted.secrets = append(sorted.secrets, s)
	}
	for _, s := range e.edge.Sites {
		for i := range s.TLS.Certificates {
			name := e.Name + "-" + named(s.Host) + "-tls"
			if i > 0 {
				name += "-" + strconv.Itoa(i+1)
			}
			pair(name, s.TLS.Certificates[i], s.TLS.Keys[i])
		}
		for _, b := range s.Backends {
			pair(e.Name+"-"+named(b.Name)+"-client", b.TLS.Certificate, b.TLS.Key)
		}
	}
}

// configured puts a file into the ConfigMap, unless what it holds is sensitive.
func (e *exporter) configured(sorted *files, name string, sensitive func()) {
	data, err := os.ReadFile(name)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			e.refuse(site.Source{}, err.Error(), "")
		}
		return
	}
	below, ok := e.below(name)
	if !ok {
		e.refuse(site.Source{}, fmt.Sprintf("%s lies outside of the site's directory", name),
			"move it there, or build an image with the files and pass --in-image")
		return
	}
	if slices.ContainsFunc(e.edge.Secrets, func(s string) bool { return bytes.Contains(data, []byte(s)) }) {
		sensitive()
		return
	}
	sorted.config = append(sorted.config, file{e.key(name), below, data})
}

// static puts the files that clients get into the ConfigMap, where they fit.
func (e *exporter) static(sorted *files) {
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
				continue
			}
			e.tree(sorted, route.Static.Root, route.Static.RootSource)
		}
	}
}

func (e *exporter) tree(sorted *files, root string, at site.Source) {
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(entry.Name(), ".") && name != root && entry.Name() != ".well-known":
			if entry.IsDir() {
				return fs.SkipDir // they are not served
			}
			return nil
		case !entry.Type().IsRegular() || slices.ContainsFunc(sorted.config, func(f file) bool { return f.key == e.key(name) }):
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
		sorted.config = append(sorted.config, file{e.key(name), below, data})
		if size(sorted.config) > maxConfig {
			return fmt.Errorf("what is in %s and the site's own files have more than %d KiB, which is what a ConfigMap holds", e.shown(root), maxConfig>>10)
		}
		return nil
	})
	if err != nil {
		e.refuse(at, err.Error(), "build an image with the files at "+mounted+", and pass --in-image with its name as --image")
	}
}

// measure refuses what no ConfigMap holds.
func (e *exporter) measure(sorted *files) {
	slices.SortFunc(sorted.config, func(a, b file) int { return cmp.Compare(a.path, b.path) })
	if n := size(sorted.config); n > maxConfig && !e.found.All.HasErrors() {
		e.refuse(site.Source{}, fmt.Sprintf("the site's files have %d KiB, and a ConfigMap holds %d", n>>10, maxConfig>>10),
			"build an image with the files at "+mounted+", and pass --in-image with its name as --image")
	}
}

func size(all []file) int {
	n := 0
	for _, f := range all {
		n += len(f.data) + len(f.key)
	}
	return n
}

// place says at which path of the pod a key of a Secret is to be.
func (e *exporter) place(sorted *files, secret, key, name string) {
	directory, below := path.Dir(filepath.ToSlash(name)), path.Base(filepath.ToSlash(name))
	if inside, ok := e.below(name); ok {
		directory, below = mounted, inside
	}
	at := slices.IndexFunc(sorted.mounts, func(m mount) bool { return m.directory == directory })
	if at < 0 {
		at = len(sorted.mounts)
		sorted.mounts = append(sorted.mounts, mount{directory: directory})
	}
	sorted.mounts[at].items = append(sorted.mounts[at].items, item{secret, key, below})
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
	for _, r := range inside {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '.':
			key.WriteRune(r)
		case r == '/':
			key.WriteString("__")
		default:
			fmt.Fprintf(&key, "_%x", r)
		}
	}
	return key.String()
}
