package explain

import (
	"strings"

	"edgegen/internal/engines"
	"edgegen/internal/site"
)

// raw tells of text in a daemon's own language that the request comes by: what that does
// is not foretold.
func (j *journey) raw() {
	type owner struct {
		name  string
		texts *site.RawTexts
	}
	owners := []owner{{"the edge", j.in.Edge.Raw}}
	if j.w.Host != nil {
		owners = append(owners, owner{"site " + j.w.Host.Site.Host, j.w.Host.Site.Raw})
	}
	if taken := j.w.Taken(); taken != nil {
		owners = append(owners, owner{"route " + quoted(taken), taken.Raw})
	}
	for _, tier := range site.Tiers() {
		if !j.reaches(tier) {
			continue
		}
		engine := engines.For(tier)[0] // which has the tier where there is a text for it
		for _, one := range owners {
			if text := one.texts.For(engine); len(text) > 0 {
				j.out.Raw = append(j.out.Raw, sourceText(text.Source()))
				j.step(tier, "raw", "L6", text.Source(), "", "raw text of %s for %s may change what is foretold", one.name, engine)
			}
		}
	}
}

// reaches reports whether the request gets as far as a tier.
func (j *journey) reaches(tier string) bool {
	switch tier {
	case site.TLSTier:
		return !j.plain
	case site.CacheTier:
		return j.out.Tier != "tls"
	}
	return j.plain || j.out.Tier == "web" || j.out.Tier == "backend"
}

// Doubt is what a person is told where raw text may change what is foretold; "" where
// there is none.
func (e *Explanation) Doubt() string {
	if len(e.Raw) == 0 {
		return ""
	}
	return "raw text may change that: " + strings.Join(e.Raw, ", ")
}
