package site

import "strconv"

// ErrorPage takes the place of the edge's own words about an error. An app's answer keeps
// its own.
type ErrorPage struct {
	Status string // one of ErrorPageStatuses
	File   string // absolute
	Source Source
}

// ServerErrors are all statuses from 500 on.
const ServerErrors = "5xx"

// ErrorPageStatuses are the statuses that can have a page: those of the edge's own
// answers on a route, to a client that may not come in, that asks for something that does
// not exist, in a way that is not taken or for too much, and for an app that gives no
// answer.
func ErrorPageStatuses() []string {
	return []string{"401", "403", "404", "405", "413", "429", "500", "502", "503", "504", ServerErrors}
}

// ErrorPage is the page for a status; nil for none. A status goes before all.
func (r *Route) ErrorPage(status int) *ErrorPage {
	var all *ErrorPage
	for i := range r.ErrorPages {
		switch p := &r.ErrorPages[i]; {
		case p.Status == strconv.Itoa(status):
			return p
		case p.Status == ServerErrors && status >= 500:
			all = p
		}
	}
	return all
}

// ErrorPages are those of all routes, in their order. By its place in this list one tier
// names a page to another (NotePage).
func (s *Site) ErrorPages() []*ErrorPage {
	var pages []*ErrorPage
	for i := range s.Routes {
		for j := range s.Routes[i].ErrorPages {
			pages = append(pages, &s.Routes[i].ErrorPages[j])
		}
	}
	return pages
}
