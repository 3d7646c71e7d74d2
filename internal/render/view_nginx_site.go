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
	Default        bool // the site serves hosts that no site claims
	Maintenance    *nginxMaintenance
	Pages          []nginxPage
	Routes         []nginxRoute
	Fallbacks      []nginxUpstream // the apps that are asked if there is no file
	Apps           []nginxUpstream // the apps in use, one entry for each location that asks one
	HasRoot        bool
	// Told says that nginx goes by the route in the cache tier's note, because paths
	// alone do not decide.
	Told bool
	// Instead are the routes by their paths, for when the note names a route that does
	// not exist any more.
	Instead []nginxInstead
	Raw     nginxRaw
	Source  site.Source
	deep    string // the host of a "**." wildcard; "" for none
	// wildcards are its hosts with "*.".
	wildcards []string
}

// byPatterns orders servers by their patterns, as nginx takes the first that matches: those
// with a "**." wildcard come last, and among them the longest first.
func byPatterns(a, b int) int {
	if a == 0 || b == 0 {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(b, a)
}

// giveWay makes the site's "**." pattern exclude the hosts that "*." wildcards of later sites
// match, since those take precedence.
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
	// Scripts is a regular expression for paths of scripts, which an app runs and which
	// are never served as files; "" for none.
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

// Own is the raw text for a location without files and app, such as a redirect. The others
// have it in Files and App.
func (r nginxRoute) Own() nginxRaw { return nginxRawOf(r.Raw) }
