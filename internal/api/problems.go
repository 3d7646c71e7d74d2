package api

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"edgegen/internal/certificate"
)

// FindProblems lists what somebody should look at, the worst first.
func (o *Overview) FindProblems(now time.Time) []Problem {
	var all problems
	switch {
	case o.State == "starting":
		all.add(false, "the edge is starting", "")
	case o.State == "stopping":
		all.add(true, "the edge is stopping", "")
	case !o.Ready:
		all.add(false, "load balancers are told to send nobody here", "`edgegen drain --undo` takes that back")
	}
	for _, t := range o.Tiers {
		all.tier(t, now, o.State == "starting")
	}
	for _, b := range o.Backends {
		all.backend(b)
	}
	if last := o.LastReload; last != nil && !last.OK {
		all.add(false, "the last reload was refused; what was served before is served on", last.Error)
	}
	for _, c := range o.Certificates {
		all.certificate(c, now)
	}
	if o.Cluster != nil {
		all.cluster(o.Cluster)
	}
	if t := o.Traces; t != nil && t.Problem != "" {
		all.add(false, "the collector of traces takes no spans", t.Problem)
	}
	for _, c := range o.Clients {
		if c.Ends != nil && !now.Before(*c.Ends) {
			all.add(true, fmt.Sprintf("clients of %s do not come in by their certificates", c.Site), c.What+" has ended")
		}
	}
	if t := o.Traffic; t != nil && o.Ready && t.All.Failed*t.Window >= 3 && t.All.Failed > t.All.Requests/20 {
		all.add(true, fmt.Sprintf("%.0f %% of the requests fail (5xx)", 100*t.All.Failed/t.All.Requests), t.failing())
	}
	slices.SortStableFunc(all, func(a, b Problem) int {
		switch {
		case a.Severe == b.Severe:
			return 0
		case a.Severe:
			return -1
		}
		return 1
	})
	return append([]Problem{}, all...)
}

// failing says whose requests fail.
func (t *Traffic) failing() string {
	if len(t.Sites) == 0 {
		return ""
	}
	worst := slices.MaxFunc(t.Sites, func(a, b NamedFlow) int { return cmp.Compare(a.Failed, b.Failed) })
	return fmt.Sprintf("most of them for %s, of whose requests %.0f %% fail", cmp.Or(worst.Site, "hosts of no site"), 100*worst.Failed/max(worst.Requests, 1e-9))
}

type problems []Problem

func (p *problems) add(severe bool, what, why string) {
	*p = append(*p, Problem{Severe: severe, What: what, Why: why})
}

// recent is for how long a failure is still told of after it is over.
const recent = 5 * time.Minute

func (p *problems) tier(t TierStatus, now time.Time, starting bool) {
	switch {
	case t.StandIn:
		p.add(false, fmt.Sprintf("the %s tier is served by a builtin stand-in", t.Role), t.Reason)
	case t.State == "running" && t.Busy:
		p.add(true, fmt.Sprintf("%s takes no new connection", t.Engine), t.Reason)
	case t.State != "running" && !starting:
		p.add(true, fmt.Sprintf("the %s tier (%s) is down", t.Role, t.Engine), t.Reason)
	case t.LastFailure != nil && now.Sub(t.LastFailure.At) < recent:
		p.add(false, fmt.Sprintf("%s has failed lately, and is well again", t.Engine), t.LastFailure.Reason)
	}
}

func (p *problems) backend(b BackendStatus) {
	name := fmt.Sprintf("%s of %s", b.Name, b.Site)
	if b.Process != nil && b.Process.State != "running" {
		p.add(true, fmt.Sprintf("the app %s does not run", name), "its process is in state "+b.Process.State)
	}
	var unwell []EndpointStatus
	named := 0
	for _, e := range b.Endpoints {
		if e.Server != "" {
			named++
		}
		if e.State == "unwell" {
			unwell = append(unwell, e)
		}
	}
	switch {
	case len(unwell) > 0 && len(unwell) == named:
		p.add(true, fmt.Sprintf("no server of the backend %s is well", name), unwell[0].Address+": "+unwell[0].Reason)
	case len(unwell) > 0:
		for _, e := range unwell {
			p.add(false, fmt.Sprintf("the server %s of the backend %s is unwell", e.Address, name), e.Reason)
		}
	}
	for _, n := range b.Names {
		if n.Problem != "" {
			p.add(len(n.Addresses) == 0, fmt.Sprintf("the name %s of the backend %s is not found", n.Name, name), n.Problem)
		}
	}
}

// urgent is how long before its end a certificate cannot wait.
const urgent = 4 * 24 * time.Hour

func (p *problems) certificate(c CertificateStatus, now time.Time) {
	left, why := c.NotAfter.Sub(now), c.Problem
	if why == "" && c.Source == "file" {
		why = "another one is needed in its file; it is served from the next `edgegen reload` on"
	}
	switch {
	case left <= 0:
		p.add(true, fmt.Sprintf("the certificate of %s has ended", c.Site), why)
	case c.Renewal != nil && c.Problem == "": // some live for days
	case left < certificate.Notice:
		p.add(left < urgent, fmt.Sprintf("the certificate of %s ends in %s", c.Site, daysOf(Days(left))), why)
	case c.Problem != "":
		p.add(false, fmt.Sprintf("the certificate of %s cannot be renewed", c.Site), c.Problem)
	case c.Waiting:
		p.add(false, fmt.Sprintf("%s has no certificate of the authority yet", c.Site), "one of the local authority is served meanwhile")
	}
}

// Days is a time in days: the nearest number of them, but none that have not passed
// below one.
func Days(left time.Duration) int {
	days := left.Hours() / 24
	if days < 1 {
		return int(math.Floor(days))
	}
	return int(math.Round(days))
}

func daysOf(n int) string {
	switch n {
	case 0:
		return "less than a day"
	case 1:
		return "one day"
	}
	return fmt.Sprintf("%d days", n)
}

func (p *problems) cluster(c *ClusterStatus) {
	var away []string
	why := ""
	for _, m := range c.Members {
		if m.State == "down" {
			away, why = append(away, m.Name), m.Problem
		}
	}
	const named = 3
	switch {
	case len(away) > named:
		p.add(false, fmt.Sprintf("%d of %d members of the cluster are away", len(away), len(c.Members)), "the last one: "+why)
	case len(away) > 0:
		p.add(false, "away from the cluster: "+strings.Join(away, ", "), why)
	}
	for _, f := range c.Found {
		if f.Problem != "" {
			p.add(false, fmt.Sprintf("the members of the cluster are not found by %s; those known stay", f.By), f.Problem)
		}
	}
}
