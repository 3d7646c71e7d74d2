package render

import (
	"edgegen/internal/rawtext"
	"edgegen/internal/site"
)

// nginxRaw is text for one of nginx's blocks.
type nginxRaw struct {
	Text site.Raw
	// Answers and Apps say that the text has directives that keep nginx from inheriting
	// edgegen's add_header, or its headers from and to apps, so that the template has to
	// include those again.
	Answers, Apps bool
}

func nginxRawOf(texts *site.RawTexts) nginxRaw {
	text := texts.All().Nginx
	raw := nginxRaw{Text: text}
	raw.Answers, raw.Apps = rawtext.NginxHeaders(text.String())
	return raw
}

// vclHook is a subroutine with text of the site's owner.
type vclHook struct {
	site.RawHook
	Texts []vclRaw
}

// vclRaw is text for some requests: those of a site, those that take a route, or all.
type vclRaw struct {
	Site, Route string
	Text        site.Raw
}

// hooksOf lists the subroutines that have text for any of the sites.
func hooksOf(edge *site.Edge, sites []*site.Site) (hooks []vclHook) {
	for _, hook := range site.RawHooks() {
		one := vclHook{RawHook: hook}
		add := func(raw *site.RawTexts, to vclRaw) {
			if raw == nil {
				return
			}
			if to.Text = *hook.Of(&raw.Varnish); len(to.Text) > 0 {
				one.Texts = append(one.Texts, to)
			}
		}
		add(edge.Raw, vclRaw{})
		for _, s := range sites {
			add(s.Raw, vclRaw{Site: s.Host})
		}
		for _, s := range sites {
			for i := range s.Routes {
				add(s.Routes[i].Raw, vclRaw{Route: s.Routes[i].ID(s.Host)})
			}
		}
		if len(one.Texts) > 0 {
			hooks = append(hooks, one)
		}
	}
	return hooks
}
