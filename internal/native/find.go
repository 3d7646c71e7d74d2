// Package native knows stunnel, varnish and nginx as programs: where they are and
// which version, how they are commanded, and what their messages mean.
package native

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"edgegen/internal/engines"
	"edgegen/internal/site"
)

// Daemon is an installed program that can serve a tier.
type Daemon struct {
	Engine  site.Engine // Stunnel, Varnish or Nginx
	Path    string      // absolute
	Version string      // dotted numbers, as "7.1.1"
	// Features are the words in which the program says what it can do, sorted:
	// of stunnel what it was built with ("SYSTEMD", "SNI"), of varnish the names
	// of its parameters ("pipe_timeout"), of nginx its configure switches
	// ("with-http_realip_module").
	Features []string
	// Modules are the absolute paths of nginx's loadable modules that edgegen has a use
	// for; none for the other engines.
	Modules []string
	// Logs is the absolute path of varnish's program that prints its log, "" where there
	// is none and for the other engines.
	Logs string
}

// Has reports whether the program said that it has the feature.
func (d Daemon) Has(feature string) bool {
	_, found := slices.BinarySearch(d.Features, feature)
	return found
}

// Module is the path of a module by the name of its file; "" where there is none.
func (d Daemon) Module(name string) string {
	for _, path := range d.Modules {
		if filepath.Base(path) == name {
			return path
		}
	}
	return ""
}

// Problem says why a daemon cannot be used.
type Problem int

// The problems Find reports.
const (
	NotInstalled   Problem = iota // no program of its names is in the directories
	DoesNotRun                    // it was found, but could not be asked for its version
	NotUnderstood                 // it answered, but not with a version
	TooOld                        // its version is below the minimum
	MissingFeature                // it was built without something that edgegen needs
)

// FindError is the error of Find. Its text names the remedy.
type FindError struct {
	Engine  site.Engine
	Problem Problem
	Path    string // of the program; "" for NotInstalled
	Version string // "" where it is not known
	Detail  string // what is missing and what to do about it
	Err     error  // the cause; nil where there is none
}

func (e *FindError) Error() string {
	text := string(e.Engine)
	if e.Version != "" {
		text += " " + e.Version
	}
	if e.Path != "" {
		text += " (" + e.Path + ")"
	}
	text += " " + e.Detail
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *FindError) Unwrap() error { return e.Err }

// Directories returns where Find is to look for programs: the absolute entries
// of path, a value of the PATH variable, and after them the directories for
// system programs, which an ordinary user's PATH often lacks.
func Directories(path string) []string {
	var directories []string
	for _, directory := range append(filepath.SplitList(path), "/usr/local/sbin", "/usr/sbin", "/sbin") {
		// "" and "." would run whatever lies in the working directory.
		if filepath.IsAbs(directory) && !slices.Contains(directories, directory) {
			directories = append(directories, directory)
		}
	}
	return directories
}

// Find looks for the engine's daemon in the directories, in their order, asks
// it for its version, and returns the first one that edgegen can work with.
// Where there is none, the error is a *FindError about the first that was
// found. The error is ctx's when ctx ends first.
func Find(ctx context.Context, engine site.Engine, directories []string) (Daemon, error) {
	need, known := programOf(engine)
	if !known {
		return Daemon{}, fmt.Errorf("find %q: not a daemon", engine)
	}
	var first error
	for _, path := range candidates(need.Programs, directories) {
		daemon, err := inspect(ctx, need, path)
		if ctx.Err() != nil {
			return Daemon{}, fmt.Errorf("find %s: %w", engine, ctx.Err())
		}
		if err == nil {
			daemon.Logs = logs(need, path, directories)
			return daemon, nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = &FindError{Engine: engine, Problem: NotInstalled, Detail: fmt.Sprintf(
			"is not installed: no %s in PATH or the sbin directories; install the package %s",
			strings.Join(need.Programs, " or "), packages(need.Daemon))}
	}
	return Daemon{}, first
}

// packages is what to install, in words.
func packages(d engines.Daemon) string {
	if d.Debian == d.Package {
		return d.Package
	}
	return d.Debian + " (Debian, Ubuntu) or " + d.Package
}

// candidates returns the executable files of those names.
func candidates(programs, directories []string) []string {
	var found []string
	for _, directory := range directories {
		for _, program := range programs {
			// With a slash in it, LookPath only checks that the file can be run.
			path, err := exec.LookPath(filepath.Join(directory, program))
			if err == nil && filepath.IsAbs(path) {
				found = append(found, path)
			}
		}
	}
	return found
}

// logs finds the program that prints the log: the one beside the daemon, which has its
// version, before any other.
func logs(need program, daemon string, directories []string) string {
	if need.Logs == nil {
		return ""
	}
	found := candidates(need.Logs, append([]string{filepath.Dir(daemon)}, directories...))
	if len(found) == 0 {
		return ""
	}
	return found[0]
}

// inspect runs the program at path and compares what it says with the need.
func inspect(ctx context.Context, need program, path string) (Daemon, error) {
	problem := FindError{Engine: need.Name, Path: path}
	text, err := run(ctx, path, need.versionArgument)
	if err != nil {
		problem.Problem, problem.Detail, problem.Err = DoesNotRun, "does not run", err
		return Daemon{}, &problem
	}
	problem.Version = need.parseVersion(text)
	if problem.Version == "" {
		problem.Problem = NotUnderstood
		problem.Detail = fmt.Sprintf("has a version that is not understood: %q", firstLine(text))
		return Daemon{}, &problem
	}
	if engines.OlderThan(problem.Version, need.Minimum) {
		problem.Problem = TooOld
		problem.Detail = fmt.Sprintf("is too old: at least %s is needed, %s", need.Minimum, need.Because)
		return Daemon{}, &problem
	}
	if need.featureArguments != nil {
		text, err = run(ctx, path, need.featureArguments...)
		if err != nil {
			problem.Problem, problem.Detail, problem.Err = DoesNotRun, "does not run", err
			return Daemon{}, &problem
		}
	}
	daemon := Daemon{Engine: need.Name, Path: path, Version: problem.Version, Features: need.parseFeatures(text)}
	if need.modules != nil {
		daemon.Modules = need.modules(text)
	}
	for _, feature := range need.Needs {
		if !daemon.Has(feature.Name) {
			problem.Problem = MissingFeature
			problem.Detail = "was built without " + feature.Name + ", " + feature.Why
			return Daemon{}, &problem
		}
	}
	return daemon, nil
}
