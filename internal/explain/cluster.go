package explain

import (
	"strings"

	"edgegen/internal/cluster"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/site"
)

// owner tells which member of a cluster is asked for what is not there. Which of them are
// there only a running edge knows, as it does what addresses a name has.
func (j *journey) owner(taken *site.Route) {
	c := j.in.Edge.Cluster
	if c == nil || decide.NeverStored(taken) || j.q.Method != "GET" {
		return
	}
	var members []cluster.Name
	for _, m := range c.Members {
		if m.Found() {
			among := "addresses of " + m.Host
			if m.Service != "" {
				among = "pods of the Service " + m.Namespace + "/" + m.Service
			}
			j.step(site.CacheTier, "owner", "N1", c.Source, "", "a miss is asked of whichever member of the cluster owns it, among the %s, in place of the app", among)
			return
		}
		members = append(members, cluster.NewName(m.String()))
	}
	variant := ""
	if taken.ByHeader() {
		variant = taken.ID(j.w.Host.Site.Host)
	}
	var names []string
	for _, n := range cluster.Rank(j.q.Key(decide.KeyTarget(j.w.Host.Site.Cache.IgnoreQuery, j.q.Target), variant), members) {
		names = append(names, n.Text)
	}
	if len(names) > 3 {
		names = names[:3]
	}
	text := names[0]
	if len(names) > 1 {
		text += ", or, while that is away, " + strings.Join(names[1:], ", then ")
	}
	j.step(site.CacheTier, "owner", "N1", c.Source, "", "a miss is asked of the member of the cluster that owns it, %s, which asks the app", text)
}
