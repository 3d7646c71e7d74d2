package kubernetes

import (
	"crypto/sha256"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"edgegen/internal/sitefiles"
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

// inImage is what to do with a site that no ConfigMap holds.
const inImage = "build an image with the files at " + mounted + ", and pass --in-image with its name as --image"

// sort finds out for each file of the site where it comes from.
func (e *exporter) sort() files {
	all := sitefiles.Sort(sitefiles.Rules{Loaded: e.loaded, Holder: "a ConfigMap", Max: maxConfig, Remedy: inImage, There: e.InImage, Links: true, Refuse: e.refuse})
	var f files
	for _, open := range all.Open {
		f.config = append(f.config, file{e.key(open.Name), open.Below, open.Data})
	}
	e.pairs(&f, all.Pairs)
	other := Secret{Name: e.Name + "-files", Namespace: e.Namespace}
	for _, name := range all.Hidden {
		other.Files = append(other.Files, SecretFile{e.key(name), e.shown(name)})
		e.place(&f, other.Name, e.key(name), name)
	}
	if len(other.Files) > 0 {
		f.secrets = append(f.secrets, other)
	}
	return f
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

func (e *exporter) below(name string) (string, bool) { return sitefiles.Below(e.loaded.Root, name) }

func (e *exporter) shown(name string) string { return sitefiles.Shown(e.loaded.Root, name) }

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
