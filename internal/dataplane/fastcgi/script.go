package fastcgi

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/static"
)

// Script is what a request is for.
type Script struct {
	Name string // its path below root, which begins with "/"
	Info string // what follows it in the request's path; "" or from "/" on
}

// ErrNoScript means that there is no script for a path: 404.
var ErrNoScript = errors.New("no script is there")

// Ending is that of the names of all scripts, with its dot.
func (a *App) Ending() string { return path.Ext(a.Index) }

// Find finds the script for a request's target. The error is ErrNoScript,
// static.ErrSlash for a directory that is asked for without its last slash, or
// about a directory in which may not be looked.
func (a *App) Find(target string) (Script, error) {
	asked, status := decide.DecodePath(target)
	if status != 200 || static.Hidden(asked) {
		return Script{}, ErrNoScript
	}
	for end := 1; end <= len(asked); end++ {
		if end < len(asked) && asked[end] != '/' {
			continue
		}
		name := asked[:end]
		segment := name[strings.LastIndexByte(name, '/')+1:]
		ending := a.Ending()
		if len(segment) < len(ending) || !strings.EqualFold(segment[len(segment)-len(ending):], ending) {
			continue
		}
		mode, err := a.look(name)
		switch {
		case err != nil:
			return Script{}, err
		case mode.IsRegular() && strings.HasSuffix(segment, ending):
			return Script{name, asked[end:]}, nil
		case !mode.IsDir():
			return Script{}, ErrNoScript
		}
	}
	return a.index(asked)
}

// index finds the index for a path that names no script.
func (a *App) index(asked string) (Script, error) {
	name := strings.TrimSuffix(asked, "/") + "/" + a.Index
	mode, err := a.look(name)
	switch {
	case err != nil:
		return Script{}, err
	case mode.IsRegular() && !strings.HasSuffix(asked, "/"):
		return Script{}, static.ErrSlash
	case mode.IsRegular():
		return Script{Name: name}, nil
	}
	front := "/" + a.Index
	if name != front {
		if mode, err = a.look(front); err != nil {
			return Script{}, err
		}
	}
	if !mode.IsRegular() {
		return Script{}, ErrNoScript
	}
	return Script{Name: front}, nil
}

// nothing is the mode of a file that is not there.
const nothing = fs.ModeIrregular

func (a *App) look(name string) (fs.FileMode, error) {
	mode, err := static.Lookup(a.Root, name)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nothing, fmt.Errorf("look for a script below %s: %w", a.Root, err)
	case err != nil:
		return nothing, nil
	}
	return mode, nil
}
