package api

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// O2: what is wrong is told, the worst first, and nothing else.
func TestProblems(t *testing.T) {
	now := time.Now()
	days := func(n float64) time.Time { return now.Add(time.Duration(n * 24 * float64(time.Hour))) }
	web := TierStatus{Role: "web", Engine: "nginx", State: "running"}
	for name, c := range map[string]struct {
		change func(*Overview)
		want   []string
	}{
		"nothing":           {func(*Overview) {}, nil},
		"starting":          {func(o *Overview) { o.State = "starting"; o.Tiers[0].State = "starting" }, []string{"! the edge is starting"}},
		"drained":           {func(o *Overview) { o.Ready = false }, []string{"! load balancers are told to send nobody here"}},
		"a stand-in":        {func(o *Overview) { o.Tiers[0].StandIn, o.Tiers[0].Engine = true, "builtin" }, []string{"! the web tier is served by a builtin stand-in"}},
		"down":              {func(o *Overview) { o.Tiers[0].State = "failed" }, []string{"x the web tier (nginx) is down"}},
		"busy":              {func(o *Overview) { o.Tiers[0].Busy = true }, []string{"x nginx takes no new connection"}},
		"was down":          {func(o *Overview) { o.Tiers[0].LastFailure = &FailureStatus{At: now} }, []string{"! nginx has failed lately, and is well again"}},
		"was down long ago": {func(o *Overview) { o.Tiers[0].LastFailure = &FailureStatus{At: days(-1)} }, nil},
		"a dead app":        {func(o *Overview) { o.Backends[0].Process = &ProcessStatus{State: "backoff"} }, []string{"x the app a of s does not run"}},
		"one server of two": {func(o *Overview) {
			o.Backends[0].Endpoints = []EndpointStatus{{Server: "x", Address: "x", State: "unwell"}, {Server: "y", Address: "y", State: "well"}}
		}, []string{"! the server x of the backend a of s is unwell"}},
		"all servers": {func(o *Overview) {
			o.Backends[0].Endpoints = []EndpointStatus{{Server: "x", Address: "x", State: "unwell"}, {Server: "y", Address: "y", State: "unwell"}}
		}, []string{"x no server of the backend a of s is well"}},
		"a name": {func(o *Overview) { o.Backends[0].Names = []NameStatus{{Name: "n", Problem: "p"}} }, []string{"x the name n of the backend a of s is not found"}},
		"a name that was found once": {func(o *Overview) {
			o.Backends[0].Names = []NameStatus{{Name: "n", Addresses: []string{"x"}, Problem: "p"}}
		},
			[]string{"! the name n of the backend a of s is not found"}},
		"a refused reload": {func(o *Overview) { o.LastReload = &ReloadStatus{} }, []string{"! the last reload was refused; what was served before is served on"}},
		"certificates": {func(o *Overview) {
			o.Certificates = []CertificateStatus{{Site: "short", NotAfter: days(3), Renewal: &now}, {Site: "short and stuck", NotAfter: days(3), Renewal: &now, Problem: "p"}, {Site: "long", NotAfter: days(90)}, {Site: "soon", NotAfter: days(13.5)}, {Site: "now", NotAfter: days(3.5)},
				{Site: "hours", NotAfter: days(0.5)}, {Site: "gone", NotAfter: days(-0.1)}, {Site: "stuck", NotAfter: days(30), Problem: "p"}}
		}, []string{"x the certificate of short and stuck ends in 3 days", "x the certificate of now ends in 4 days", "x the certificate of hours ends in less than a day", "x the certificate of gone has ended",
			"! the certificate of soon ends in 14 days", "! the certificate of stuck cannot be renewed"}},
		"a member": {func(o *Overview) {
			o.Cluster = &ClusterStatus{Members: []MemberStatus{{Name: "a:1", State: "self"}, {Name: "b:1", State: "down", Problem: "p"}, {Name: "c:1", State: "unknown"}}}
		}, []string{"! away from the cluster: b:1"}},
		"many members": {func(o *Overview) {
			o.Cluster = &ClusterStatus{Members: []MemberStatus{{State: "down"}, {State: "down"}, {State: "down"}, {State: "down"}, {State: "up"}}}
		}, []string{"! 4 of 5 members of the cluster are away"}},
		"members that are not found": {func(o *Overview) {
			o.Cluster = &ClusterStatus{Found: []FoundStatus{{By: "a:1", Members: 2}, {By: "kubernetes://a/b", Members: 2, Problem: "p"}}}
		}, []string{"! the members of the cluster are not found by kubernetes://a/b; those known stay"}},
		"failures":       {func(o *Overview) { o.Traffic = &Traffic{Window: 10, All: Flow{Requests: 10, Failed: 5}} }, []string{"x 50 % of the requests fail (5xx)"}},
		"a few failures": {func(o *Overview) { o.Traffic = &Traffic{Window: 10, All: Flow{Requests: 1000, Failed: 5}} }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := Overview{Ready: true, Status: Status{State: "ready", Tiers: []TierStatus{web}, Backends: []BackendStatus{{Site: "s", Name: "a"}}}}
			c.change(&o)
			var got []string
			for _, p := range o.FindProblems(now) {
				mark := "! "
				if p.Severe {
					mark = "x "
				}
				got = append(got, mark+p.What)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What somebody is to do, or to look at first, is told with it.
func TestProblemsSayWhy(t *testing.T) {
	o := Overview{Ready: true, Status: Status{State: "ready", Certificates: []CertificateStatus{{Site: "s", Source: "file", NotAfter: time.Now()}}},
		Traffic: &Traffic{Window: 10, All: Flow{Requests: 10, Failed: 5},
			Sites: []NamedFlow{{Site: "well", Flow: Flow{Requests: 4}}, {Site: "ill", Flow: Flow{Requests: 6, Failed: 5}}}}}
	var got []string
	for _, p := range o.FindProblems(time.Now()) {
		got = append(got, p.Why)
	}
	want := []string{"another one is needed in its file; it is served from the next `edgegen reload` on", "most of them for ill, of whose requests 83 % fail"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
