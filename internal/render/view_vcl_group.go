package render

import (
	"cmp"
	"fmt"
	"slices"

	"edgegen/internal/site"
)

// groupSize is how many sites or routes one VCL subroutine tests. The compiler's
// time grows with the square of a subroutine's length.
const groupSize = 50

// vclGroup is a subroutine that tests for sites, or for routes.
type vclGroup struct {
	Name   string
	Sites  []vclSite
	Routes []vclRoute
}

// group spreads sites, and routes that change an answer, over subroutines.
func (v *vclData) group() {
	var answering []vclRoute
	var wild, deep []vclSite
	for _, s := range v.Sites {
		if len(s.Wildcards) > 0 {
			wild = append(wild, s)
		}
		if s.Deep != "" {
			s.Wildcards = []string{anyOf([]string{hostPattern(site.AnyLabels + s.Deep)})}
			deep = append(deep, s)
		}
		v.Purgeable = v.Purgeable || len(s.Purgers) > 0
		v.Statuses = v.Statuses || s.Status
		v.Certified = v.Certified || s.Certified
		if s.Tags != "" && !slices.Contains(v.TagHeaders, s.Tags) {
			v.TagHeaders = append(v.TagHeaders, s.Tags)
		}
		if s.IgnoredQuery != "" {
			v.Keys = append(v.Keys, s)
		}
		for _, route := range s.Routes {
			if !route.ResponseHeaders.Empty() {
				answering = append(answering, route)
			}
			v.choose(route)
			v.gate(route)
			v.Named = v.Named || route.Host != "" && route.WebSocket
			v.Encodes = v.Encodes || route.Lead.Encodes()
			for _, page := range route.ErrorPages {
				if !slices.Contains(v.PageStatuses, page.Status) {
					v.PageStatuses = append(v.PageStatuses, page.Status)
				}
			}
			slices.Sort(v.PageStatuses)
			v.SuccessRules = v.SuccessRules || slices.ContainsFunc(route.ResponseHeaders.Written(), site.Header.ForSuccess)
		}
	}
	for sites := range slices.Chunk(v.Sites, groupSize) {
		v.Groups = append(v.Groups, vclGroup{Name: fmt.Sprintf("edge_sites_%d", len(v.Groups)+1), Sites: sites})
	}
	slices.SortStableFunc(deep, func(a, b vclSite) int { return cmp.Compare(len(b.Deep), len(a.Deep)) })
	for sites := range slices.Chunk(append(wild, deep...), groupSize) {
		v.WildcardGroups = append(v.WildcardGroups, vclGroup{Name: fmt.Sprintf("edge_wildcards_%d", len(v.WildcardGroups)+1), Sites: sites})
	}
	for routes := range slices.Chunk(answering, groupSize) {
		v.AnswerGroups = append(v.AnswerGroups, vclGroup{Name: fmt.Sprintf("edge_answer_%d", len(v.AnswerGroups)+1), Routes: routes})
	}
}
