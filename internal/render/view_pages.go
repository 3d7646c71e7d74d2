package render

import (
	"fmt"
	"path"
	"strings"

	"edgegen/internal/site"
)

// pagesOf names the error pages of a route by their places among those of its site, of
// which some are before, and counts on.
func pagesOf(r *site.Route, before int) (text string, after int) {
	var all []string
	for _, page := range r.ErrorPages {
		before++
		all = append(all, fmt.Sprintf("%s=%d", page.Status, before))
	}
	return strings.Join(all, " "), before
}

// nginxPage is a page that the cache tier asks for by its place.
type nginxPage struct {
	Place               int
	Directory, FileName string
	Source              site.Source
}

func nginxPagesOf(s *site.Site) []nginxPage {
	var pages []nginxPage
	for i, p := range s.ErrorPages() {
		pages = append(pages, nginxPage{i + 1, path.Dir(p.File), "/" + path.Base(p.File), p.Source})
	}
	return pages
}
