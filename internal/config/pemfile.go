package config

import (
	"errors"
	"fmt"

	"edgegen/internal/certificate"
)

// pemFile is a file that must exist now, and that the site is made of.
func (b *block) pemFile(a *argument) (written located, path string, ok bool) {
	if !b.holds(a) {
		b.lacks(a)
		return located{}, "", false
	}
	if written, ok = b.text(a); !ok {
		return located{}, "", false
	}
	path, ok = b.existing(a, written)
	return written, path, ok
}

// namedFile is a file with the way in which it is written.
type namedFile struct {
	written located
	path    string
}

// pemFiles are one or several files as pemFile has one.
func (b *block) pemFiles(a *argument) (files []namedFile, ok bool) {
	if !b.holds(a) {
		b.lacks(a)
		return nil, false
	}
	written, ok := b.oneOrMore(a)
	if ok && len(written) == 0 {
		b.errorAt(b.placeOf(a), "write "+a.name+" = "+a.example, "%s names no file", a.name)
		return nil, false
	}
	for _, one := range written {
		path, exists := b.existing(a, one)
		ok = ok && exists
		files = append(files, namedFile{one, path})
	}
	return files, ok
}

// roots are authorities in a file as pemFile has one, which must be good. sum is the
// same for the same certificates, and "" where there are none.
func (b *block) roots(a *argument) (path, sum string) {
	file, path, ok := b.pemFile(a)
	if !ok {
		return path, ""
	}
	roots, err := certificate.LoadRoots(path)
	if err != nil {
		b.certificateError(err, named{a, file}, named{a, file})
	}
	return path, roots.Sum
}

func (b *block) existing(a *argument, written located) (path string, ok bool) {
	if path, ok = b.pathOf(a.name, written); !ok {
		return "", false
	}
	b.madeOf(path)
	if found := b.look(path); found.problem != "" {
		b.errorAt(written.place, lookedAt(written, path), "%s %q %s", a.name, written.text, found.problem)
		return path, false
	}
	return path, true
}

// named is a file with the argument that names it.
type named struct {
	*argument
	file located
}

func (b *block) certificateError(err error, certificateFile, keyFile named) {
	at, detail, remedy := certificateFile, err.Error(), ""
	var problem *certificate.Error
	if errors.As(err, &problem) {
		detail, remedy = problem.Detail, problem.Remedy
		if problem.InKey {
			at = keyFile
		}
		if problem.Kind == certificate.Mismatch {
			detail = fmt.Sprintf("does not match %s %q", certificateFile.name, certificateFile.file.text)
		}
	}
	b.errorAt(at.file.place, remedy, "%s %q %s", at.name, at.file.text, detail)
}
