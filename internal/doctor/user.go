package doctor

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"edgegen/internal/config"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
)

// examineUser tells whom the daemons would run as, and what they may not read.
func (x *examination) examineUser() []Line {
	found := &config.Findings{Loaded: x.loaded}
	x.who = statedir.FindUser(x.edge, found)
	if found.All.HasErrors() {
		return []Line{{LevelProblem, "daemons", placed(found.All[0]), found.All[0].Remedy}}
	}
	lines := x.explainUser()
	var paths []string
	for i := range x.edge.Sites {
		paths = append(paths, filesOf(&x.edge.Sites[i])...)
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	blocked := 0
	for _, path := range paths {
		if line, ok := x.examinePath(path); !ok {
			blocked++
			lines = append(lines, line)
		}
	}
	if len(paths) > 0 && blocked == 0 {
		lines = append(lines, Line{LevelOK, "files", "the web tier gets to every root and maintenance page", ""})
	}
	return lines
}

func (x *examination) explainUser() []Line {
	if os.Geteuid() != 0 {
		me := fmt.Sprintf("uid %d", os.Geteuid())
		if account, err := user.Current(); err == nil {
			me = account.Username
		}
		line := Line{LevelOK, "daemons", fmt.Sprintf("run as %s, who starts edgegen", me), ""}
		if x.edge.User != "" && x.edge.User != me {
			line.Level = LevelNote
			line.Text += fmt.Sprintf("; user = %q holds for root alone", x.edge.User)
		}
		return []Line{line}
	}
	lines := []Line{{LevelOK, "daemons", fmt.Sprintf("run as %s", x.who.Name), ""}}
	if x.who.Daemons == nil {
		lines[0] = Line{LevelWarning, "daemons", "run as root", "name an ordinary user in the edge block"}
	}
	if x.edge.User == "" && slices.ContainsFunc(x.edge.Sites, runsApp) {
		lines = append(lines, Line{LevelNote, "apps", "run as root, as the site names no user", "name one in the edge block: user = \"www-data\""})
	}
	return lines
}

func runsApp(s site.Site) bool {
	return slices.ContainsFunc(s.Backends, func(b site.Backend) bool { return b.Command != nil })
}

// filesOf lists what the web tier serves of a site's: roots, and the directory
// of the maintenance page, as the page itself comes and goes.
func filesOf(s *site.Site) []string {
	var paths []string
	for _, route := range s.Routes {
		if route.Static != nil {
			paths = append(paths, route.Static.Root)
		}
	}
	if s.Maintenance != nil {
		paths = append(paths, filepath.Dir(s.Maintenance.Page))
	}
	return paths
}

// examinePath tells what keeps the web tier from a directory.
func (x *examination) examinePath(path string) (Line, bool) {
	if x.native(site.WebTier) && x.who.Daemons != nil {
		if at := x.who.Blocked(path); at != "" {
			return Line{LevelWarning, "files", fmt.Sprintf("%s may not enter %s", x.who.Name, at),
				fmt.Sprintf("let it in (chmod o+x %s), or name another user in the edge block", at)}, false
		}
		return Line{}, true
	}
	if err := access(path, unix.X_OK); err != nil {
		return Line{LevelProblem, "files", fmt.Sprintf("%s may not be entered: %v", path, err), "start edgegen as a user who may"}, false
	}
	return Line{}, true
}

// access asks the kernel what this process may do with a file.
func access(path string, mode uint32) error {
	return unix.Faccessat(unix.AT_FDCWD, path, mode, unix.AT_EACCESS)
}
