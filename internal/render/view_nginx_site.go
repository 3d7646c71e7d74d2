package render

import (
	"cmp"
	"path"
	"slices"
	"time"

	"edgegen/internal/site"
)

type nginxSite struct {
	Host        string
	ServerNames []string
	// ServerPatterns are wildcards: one of nginx's own would take any number of labels.
	ServerPatterns []string
	Default        bool // what no other server's names fit is the site's
	Maintenance    *nginxMaintenance
	Pages          []nginxPage
	Routes         []nginxRoute
	Fallbacks      []nginxUpstream // the apps that stand behind files
	Apps           []nginxUpstream // the apps in use, once for each way of sending bodies
	HasRoot        bool
	// Told has the cache tier's note lead to the routes, where their paths alone do not.
	Told bool
	// Instead are the routes by their paths, for requests of whose route the note tells
	// and that is not there any more.
	Instead []nginxInstead
	Raw     nginxRaw
	Source  site.Source
	deep    string // the host behind any number of labels; "" for none
	// wildcards are those of its hosts that stand for one label.
	wildcards []string
}

// byPatterns orders servers as nginx has to look at their patterns, of which it takes the
// first that fits: those that stand for any number of labels come last, the longest of
// them first.
func byPatterns(a, b int) int {
	if a == 0 || b == 0 {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(b, a)
}

// giveWay has the pattern for any number of labels leave to sites behind this one what
// their wildcards say more about.
func (s *nginxSite) giveWay(behind []nginxSite) {
	var wildcards []string
	for i := range behind {
		wildcards = append(wildcards, behind[i].wildcards...)
	}
	if s.deep == "" || len(wildcards) == 0 {
		return
	}
	whole := "~" + deepUnless(s.deep, nil)
	s.ServerPatterns = slices.Clone(s.ServerPatterns)
	s.ServerPatterns[slices.Index(s.ServerPatterns, whole)] = "~" + deepUnless(s.deep, wildcards)
}

type nginxMaintenance struct {
	Page, Directory, FileName string
	RetryAfter                time.Duration
	Source                    site.Source
}

type nginxRoute struct {
	site.Route
	ID      string
	Pattern string         // "" for "/"
	App     *nginxUpstream // nil for none
	// Files are the try_files of a static route, the first in its own location.
	Files   []nginxFiles
	Denials []string // regular expressions of paths that lead to no file
	// Scripts is one of the paths that are an app's to run, and none of files; "" for
	// none.
	Scripts string
	hidden  Unserved
}

func nginxSiteOf(s *site.Site, unserved []Unserved, t site.Timeouts) nginxSite {
	rendered := nginxSite{deep: s.Deep(), Host: s.Host, Default: s.Default, Told: !s.Sorted(), Raw: nginxRawOf(s.Raw), Source: s.Source}
	rendered.ServerNames, rendered.ServerPatterns = serverNames(s)
	rendered.wildcards = wildcardsOf(s)
	if m := s.Maintenance; m != nil {
		rendered.Maintenance = &nginxMaintenance{
			Page:       m.Page,
			Directory:  path.Dir(m.Page),
			FileName:   "/" + path.Base(m.Page),
			RetryAfter: m.RetryAfter,
			Source:     m.Source,
		}
	}
	rendered.Pages = nginxPagesOf(s)
	seen := make(map[string]bool)
	for number, route := range s.Routes {
		r := nginxRoute{Route: route, ID: route.ID(s.Host), Pattern: pathPattern(&route)}
		rendered.HasRoot = rendered.HasRoot || rendered.Told || route.Path == "/"
		if route.Internal { // no request comes to it here
			rendered.Routes = append(rendered.Routes, r)
			continue
		}
		if route.Backend != "" {
			app := nginxAppOf(s, &route, t)
			r.App = &app
			if route.Static != nil && !seen["file "+app.Location] {
				seen["file "+app.Location] = true
				rendered.Fallbacks = append(rendered.Fallbacks, app)
			}
			if !seen[app.Location] {
				seen[app.Location] = true
				rendered.Apps = append(rendered.Apps, app)
			}
		}
		if route.Static != nil {
			r.serve(number+1, unserved)
			r.Scripts = scripts(s.ScriptEndings())
		}
		rendered.Routes = append(rendered.Routes, r)
	}
	if rendered.Told {
		rendered.Instead = insteadOf(s)
	}
	return rendered
}

// serve fills in what a static route needs.
func (r *nginxRoute) serve(number int, unserved []Unserved) {
	for _, hidden := range unserved {
		if hidden.Root == r.Static.Root {
			r.hidden = hidden
		}
	}
	r.Files, r.Denials = filesOf(r, number), denials(r.Static, r.hidden)
}

// Own is the text for a location that answers by itself; the others have theirs with their
// files and their app.
func (r nginxRoute) Own() nginxRaw { return nginxRawOf(r.Raw) }
