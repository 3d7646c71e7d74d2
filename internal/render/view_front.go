package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"edgegen/internal/site"
)

// nginxFront is the data for nginx as the TLS tier.
type nginxFront struct {
	Socket           string // edgegen's, which requests are passed on to
	Listeners        []nginxListener
	Protocols        string
	MinVersionSource site.Source
	Resume           bool     // whether sessions are resumed
	Tickets          []string // files with the keys of tickets; nil where they are nginx's own
	HeaderBuffers    string
	LimitsSource     site.Source
	Patience         time.Duration  // longer than any request may last
	Sites            []nginxSecured // first the one whose certificate clients of unknown hosts get
}

// nginxSecured is the TLS server of one site. A site with a "**." wildcard has a second one
// for it, since that must come after the wildcards of all sites.
type nginxSecured struct {
	Title           string
	Names, Patterns []string
	PEM             []string // files, each with a chain and its key
	Source          site.Source
	deep            int // as in nginxSite
}

// frontOf is nil if nginx is not the TLS tier.
func frontOf(in Input) *nginxFront {
	if in.Tiers.TLS != site.Nginx {
		return nil
	}
	edge := in.Edge
	front := &nginxFront{
		Socket:        in.Layout.FrontSocket(),
		Protocols:     "TLSv1.2 TLSv1.3",
		Resume:        in.resumes(),
		Tickets:       in.ticketFiles(),
		HeaderBuffers: fmt.Sprintf("2 %d", edge.Limits.HeaderSize+1<<10),
		LimitsSource:  edge.Limits.Source,
		Patience:      max(edge.Timeout.WebSocketIdle, edge.Timeout.FirstByte, edge.Timeout.BetweenBytes) + time.Minute,
	}
	strictest := strictestTLS(edge)
	if front.MinVersionSource = strictest.Source; strictest.MinVersion == "1.3" {
		front.Protocols = "TLSv1.3"
	}
	for _, l := range edge.HTTPS {
		front.Listeners = append(front.Listeners, nginxListener{l.Address.String(), l.Address.Addr().Is6(), l.Source})
	}
	for i := range edge.Sites {
		s := &edge.Sites[i]
		secured := nginxSecured{Title: "TLS of " + s.Host, Source: s.TLS.Source}
		secured.Names, secured.Patterns = namesForNginx(slices.DeleteFunc(s.Names(), isDeep))
		for n := range max(1, len(s.TLS.Certificates)) {
			secured.PEM = append(secured.PEM, pemName(s, n))
		}
		if host := s.Deep(); host != "" {
			beneath := nginxSecured{Title: secured.Title + ", of what is beneath " + host, PEM: secured.PEM, Source: secured.Source, deep: len(host)}
			_, beneath.Patterns = namesForNginx([]string{site.AnyLabels + host})
			front.Sites = append(front.Sites, beneath)
		}
		if i == edge.First {
			front.Sites = slices.Insert(front.Sites, 0, secured)
			continue
		}
		front.Sites = append(front.Sites, secured)
	}
	// The first stays in its place: it serves clients that name no known host.
	slices.SortStableFunc(front.Sites[min(1, len(front.Sites)):], func(a, b nginxSecured) int { return byPatterns(a.deep, b.deep) })
	return front
}

func isDeep(name string) bool { return strings.HasPrefix(name, site.AnyLabels) }

// strictestTLS is the TLS block of the site with the highest min_version. The version is
// negotiated before the daemon knows which site the client names. Under edgegen all sites
// have the same min_version then; in files for daemons run by hand, no site gets less than
// it asks for.
func strictestTLS(edge *site.Edge) *site.TLS {
	strictest := slices.MaxFunc(edge.Sites, func(a, b site.Site) int { return cmp.Compare(a.TLS.MinVersion, b.TLS.MinVersion) })
	return &strictest.TLS
}
