package render

import (
	"fmt"
	"path"
	"strings"

	"edgegen/internal/site"
)

// pagesOf lists a route's error pages as "STATUS=PLACE", where a place is a number among all
// error pages of the site. before is the last place used so far; after is the new last one.
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
