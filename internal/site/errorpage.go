package site

import "strconv"

// ErrorPage stands for the edge's own words about an error. What an app says is an
// app's.
type ErrorPage struct {
	Status string // one of ErrorPageStatuses
	File   string // absolute
	Source Source
}

// ServerErrors are all statuses from 500 on.
const ServerErrors = "5xx"

// ErrorPageStatuses are those that can have a page: what the edge says on a route to
// somebody who may not come in, or asks for what there is not, in a way that is not
// taken, or too much; and where an app gives no answer.
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

// ErrorPages are those of all routes, in their order. One tier tells another of one by
// its place.
func (s *Site) ErrorPages() []*ErrorPage {
	var pages []*ErrorPage
	for i := range s.Routes {
		for j := range s.Routes[i].ErrorPages {
			pages = append(pages, &s.Routes[i].ErrorPages[j])
		}
	}
	return pages
}
