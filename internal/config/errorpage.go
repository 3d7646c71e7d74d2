package config

import (
	"slices"

	"edgegen/internal/site"
)

// readErrorStatus reads the label of a page.
func readErrorStatus(b *block, label located, p *site.ErrorPage) {
	p.Status = label.text
	if !slices.Contains(site.ErrorPageStatuses(), label.text) {
		b.refused = true
		b.errorAt(label.place, "write "+oneOf(site.ErrorPageStatuses()), "no page can stand for %q", label.text)
		return
	}
	if first := b.alone(label.text); first != nil {
		b.errorAt(label.place, "keep one of them", "a second page for %s: the first is at %s", label.text, b.where(first.place))
	}
}

func readErrorPage(b *block, a *argument, p *site.ErrorPage) {
	page, ok := b.text(a)
	if !ok {
		return
	}
	p.File, _ = b.pathOf(a.name, page)
	switch found := b.look(p.File); {
	case found.directory:
		b.errorAt(page.place, "name the page in it", "%s %q is a directory", a.name, page.text)
	case found.problem != "":
		b.warnAt(page.place, "plain words are the answer until it is there", "%s %q does not exist", a.name, page.text)
	}
}
