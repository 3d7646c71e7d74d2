package config

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// maxFile is the size, in bytes, of a hundred thousand sites and more.
const maxFile = 64 << 20

const hclEnding = ".hcl"

// testEnding ends the names of files with tests of a site. They are no part of the site.
const testEnding = ".edgetest.hcl"

// IsSiteFile reports whether a file of that name makes a site with the others of
// its directory.
func IsSiteFile(name string) bool {
	return !strings.HasSuffix(name, testEnding) && (strings.HasSuffix(name, hclEnding) || strings.HasSuffix(name, hclEnding+jsonEnding)) && !strings.HasPrefix(name, ".")
}

// read reads the file, or the files of the directory, at path.
func (l *loader) read(path string) []*source {
	if _, held := l.texts[filepath.Join(l.root, filepath.Base(path))]; held {
		return l.readFiles(path)
	}
	info, err := os.Stat(path)
	if err != nil {
		l.failToRead(path, err)
		return nil
	}
	if !info.IsDir() {
		return l.readFiles(path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		l.failToRead(path, err)
		return nil
	}
	var paths []string
	for _, entry := range entries {
		name := entry.Name()
		if IsSiteFile(name) && !entry.IsDir() {
			paths = append(paths, filepath.Join(path, name))
		}
	}
	if len(paths) == 0 {
		l.fail(path, "write a site block into a file such as site.hcl there", "the directory has no .hcl or .hcl.json file")
	}
	return l.readFiles(paths...)
}

func (l *loader) readFiles(paths ...string) []*source {
	var sources []*source
	for _, path := range paths {
		name := filepath.Base(path)
		absolute := filepath.Join(l.root, name)
		l.files = append(l.files, absolute)
		content, ok := l.readFile(path)
		if !ok || !l.isText(path, content) {
			continue
		}
		s := newSource(path, name, absolute, withoutMark(content))
		l.sources[name] = s
		sources = append(sources, s)
	}
	return sources
}

// readFile reads the text that is held of a file, or the file: what is no plain file
// is refused before it is opened, as to open a pipe may never return.
func (l *loader) readFile(path string) ([]byte, bool) {
	if text, held := l.texts[filepath.Join(l.root, filepath.Base(path))]; held {
		return text, true
	}
	return l.readPlain(path)
}

// readPlain reads what is on the disk.
func (l *loader) readPlain(path string) ([]byte, bool) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		l.failToRead(path, err)
		return nil, false
	case !info.Mode().IsRegular():
		l.fail(path, "", "this is not a plain file")
		return nil, false
	}
	file, err := os.Open(path)
	if err != nil {
		l.failToRead(path, err)
		return nil, false
	}
	defer file.Close()
	var content bytes.Buffer
	content.Grow(int(min(info.Size(), maxFile)) + bytes.MinRead)
	if _, err := content.ReadFrom(io.LimitReader(file, maxFile+1)); err != nil {
		l.failToRead(path, err)
		return nil, false
	}
	return content.Bytes(), true
}

func (l *loader) failToRead(path string, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.fail(path, "name a site file or a directory of them", "there is no such file or directory")
	case errors.Is(err, fs.ErrPermission):
		l.fail(path, "make it readable for the user who starts edgegen", "the file cannot be read: permission denied")
	default:
		l.fail(path, "", "the file cannot be read: %s", causeOf(err))
	}
}

// isText reports one problem for a file that no person wrote, where a parser
// would report a hundred.
func (l *loader) isText(shown string, content []byte) bool {
	const remedy = "a site file is HCL, in UTF-8"
	switch {
	case len(content) > maxFile:
		l.fail(shown, "split the sites over several files in a directory", "the file is larger than 64 MiB")
	case bytes.HasPrefix(content, []byte("\xff\xfe")), bytes.HasPrefix(content, []byte("\xfe\xff")):
		l.fail(shown, "save it again in UTF-8", "the file is text in UTF-16")
	case bytes.IndexByte(content, 0) >= 0:
		l.fail(shown, remedy, "the file is binary: it holds a zero byte")
	case !utf8.Valid(content):
		l.fail(shown, remedy, "the file is not text: it is not valid UTF-8")
	default:
		return true
	}
	return false
}

// withoutMark drops the byte order mark that some editors write.
func withoutMark(content []byte) []byte {
	return bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
}
