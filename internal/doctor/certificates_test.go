package doctor

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"strings"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/site"
)

func TestJudgeCertificate(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	tests := []struct {
		name        string
		begin, left time.Duration
		hosts       []string
		level       Level
		text, how   string
	}{
		{"good", -day, 90 * day, []string{"a.test"}, LevelOK, "for a.test, 127.0.0.1, from An Authority, expires on 2026-07-30, in 90 days", ""},
		{"an address", -day, 90 * day, []string{"127.0.0.1"}, LevelOK, "in 90 days", ""},
		{"soon over", -day, 13*day + time.Hour, []string{"a.test"}, LevelWarning, "in 13 days", "renew it"},
		{"over within a day", -day, time.Hour, []string{"a.test"}, LevelWarning, "within a day", "renew it"},
		{"over", -90 * day, -day, []string{"a.test"}, LevelProblem, "expired on 2026-04-30, 1 day ago", "renew it"},
		{"not yet", day, 90 * day, []string{"a.test"}, LevelProblem, "in 90 days", "until 2026-05-02"},
		{"another host", -day, 90 * day, []string{"a.test", "b.test"}, LevelWarning, "for a.test", "b.test too"},
		{"another host and over", -day, -time.Hour, []string{"b.test"}, LevelProblem, "expired on 2026-05-01", "renew it"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			leaf := &x509.Certificate{
				NotBefore:   now.Add(test.begin),
				NotAfter:    now.Add(test.left),
				DNSNames:    []string{"a.test"},
				IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
				Issuer:      pkix.Name{CommonName: "An Authority"},
			}
			line := judgeCertificate(test.hosts, leaf, now)
			if line.Level != test.level || line.Subject != test.hosts[0] || !strings.Contains(line.Text, test.text) || !strings.Contains(line.Remedy, test.how) {
				t.Errorf("%+v", line)
			}
			if test.how == "" && line.Remedy != "" {
				t.Errorf("remedy %q where nothing is wrong", line.Remedy)
			}
		})
	}
}

// C3: what keeps an edge that runs from a certificate is told of, and when it tries again.
func TestC3Ordered(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	next := now.Add(time.Hour)
	ordered := &site.Site{Host: "a.test", TLS: site.TLS{ACME: true}}
	failing := api.CertificateStatus{Site: "a.test", NotAfter: now.Add(time.Hour), Problem: "a CAA record forbids it", Next: &next}
	waiting, ended, well := failing, failing, failing
	waiting.Waiting, ended.NotAfter, well.Problem, well.Next = true, now, "", nil
	for _, c := range []struct {
		name    string
		running *api.Status
		level   Level
		remedy  string
	}{
		{"none runs", nil, LevelNote, "edgegen up asks for it"},
		{"all is well", &api.Status{Certificates: []api.CertificateStatus{well}}, LevelNote, "edgegen up asks for it"},
		{"another site's", &api.Status{Certificates: []api.CertificateStatus{{Site: "b.test", Problem: "none"}}}, LevelNote, "edgegen up asks for it"},
		{"renewal", &api.Status{Certificates: []api.CertificateStatus{failing}}, LevelWarning, "a CAA record forbids it; tried again at 2026-05-01 13:00:00"},
		{"the first", &api.Status{Certificates: []api.CertificateStatus{waiting}}, LevelProblem, "a CAA record forbids it"},
		{"it has ended", &api.Status{Certificates: []api.CertificateStatus{ended}}, LevelProblem, "a CAA record forbids it"},
	} {
		x := &examination{now: now, dir: t.TempDir(), running: c.running, edge: &site.Edge{Sites: []site.Site{*ordered}}}
		if line := x.examineOrdered(ordered, ordered.Names()); line.Level != c.level || !strings.Contains(line.Remedy, c.remedy) {
			t.Errorf("%s: %+v", c.name, line)
		}
	}
}

func TestCovered(t *testing.T) {
	tests := []struct {
		name  string
		hosts []string
		want  string
	}{
		{"none", nil, "no host"},
		{"four", []string{"a", "b", "c", "d"}, "a, b, c, d"},
		{"more", []string{"a", "b", "c", "d", "e"}, "a, b, c and 2 more"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := covered(&x509.Certificate{DNSNames: test.hosts}); got != test.want {
				t.Errorf("covered = %q, want %q", got, test.want)
			}
		})
	}
}
