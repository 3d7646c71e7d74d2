package dataplane

import (
	"net/http"
	"strconv"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// paged puts the route's page in the place of the edge's own words about an error. It
// reports whether it did so: the route may have no page, or one that cannot be read.
func (p *Plane) paged(x *exchange, r *wire.Response) bool {
	page := x.pageFor(r)
	if page == nil {
		return false
	}
	with, err := p.page(x, page)
	if err != nil {
		return false
	}
	r.Close()
	r.Header.Del("Cache-Control")
	r.Header.Del("Content-Type")
	r.Header, r.Length, r.Body = append(r.Header, with.Header...), with.Length, with.Body
	return true
}

// pageFor is the page for an answer; nil for an app's answer, for one from the cache, and
// if there is no route.
func (x *exchange) pageFor(r *wire.Response) *site.ErrorPage {
	if r.Status < 400 || x.route == nil || len(x.route.ErrorPages) == 0 || x.tier == "backend" || x.cache != "MISS" && x.cache != "PASS" {
		return nil
	}
	return x.route.ErrorPage(r.Status)
}

// page is an answer with a page.
func (p *Plane) page(x *exchange, page *site.ErrorPage) (*wire.Response, error) {
	data, err := p.pages.Page(page.File, x.model.private)
	if err != nil {
		return nil, err
	}
	return &wire.Response{Status: http.StatusOK, Length: int64(len(data)), Body: wire.NewBytes(data),
		Header: wire.Header{{Name: "Content-Type", Value: p.pages.MediaType(page.File)}, {Name: "Cache-Control", Value: "no-store"}}}, nil
}

// pageAsked answers a native cache tier that asks for a page by its place
// (site.NotePage); nil where it does not.
func (w *web) pageAsked(x *exchange, place string) *wire.Response {
	n, err := strconv.Atoi(place)
	if place == "" || x.host == nil {
		return nil
	}
	pages := x.host.Site.ErrorPages()
	if err != nil || n < 1 || n > len(pages) {
		return answers.Failure(http.StatusNotFound)
	}
	r, err := w.plane.page(x, pages[n-1])
	if err != nil {
		return answers.Failure(http.StatusNotFound)
	}
	return r
}
