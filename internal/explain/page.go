package explain

import "edgegen/internal/site"

// paged tells of the page that stands for the edge's own words about an error.
func (j *journey) paged(taken *site.Route) {
	page := taken.ErrorPage(j.out.Status)
	if page == nil || j.out.Status < 400 { // an app's status is not known
		return
	}
	name := j.named(page.File)
	if _, err := j.files.Page(page.File, j.private); err != nil {
		j.step(site.CacheTier, "error page", "M5", page.Source, "", "%s would stand for the words, and cannot be read", name)
		return
	}
	j.step(site.CacheTier, "error page", "M5", page.Source, "", "%s stands for the words", name)
	j.out.AnswerHeaders = append(j.out.AnswerHeaders, Field{Name: "Content-Type", Value: j.files.MediaType(page.File), Source: sourceText(page.Source)},
		Field{Name: "Cache-Control", Value: "no-store"})
}
