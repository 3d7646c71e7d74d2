package certificate

import (
	"crypto/x509"
	"path/filepath"
	"time"
)

// Local is what a directory of OpenAuthority holds already.
type Local struct {
	RootFile string            // where the root certificate is, or will be
	Root     *x509.Certificate // nil where OpenAuthority would make one
	Leaf     *x509.Certificate // of the hosts; nil where Issue would make one
}

// Look tells what OpenAuthority and Issue would find for the hosts, and makes
// and locks nothing.
func Look(dir string, hosts []string) (Local, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Local{}, err
	}
	a := &Authority{dir: dir, now: time.Now}
	found := Local{RootFile: a.RootFile()}
	subject, err := parseHosts(hosts)
	if err != nil {
		return found, err
	}
	root, err := Load(a.RootFile(), a.keyFile())
	if problem, ok := errorAs(err); ok && problem.Kind == Missing {
		return found, nil
	}
	if err != nil {
		return found, err
	}
	if !root.Leaf.IsCA || a.now().Add(renewal).After(root.Leaf.NotAfter) {
		return found, nil
	}
	found.Root = root.Leaf
	if err := a.adopt(root); err != nil {
		return found, err
	}
	file := filepath.Join(dir, subject.fileName())
	if stored, err := Load(file, file); err == nil && a.usable(stored, subject) {
		found.Leaf = stored.Leaf
	}
	return found, nil
}
