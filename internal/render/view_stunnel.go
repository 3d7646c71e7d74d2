package render

import (
	"cmp"
	"fmt"
	"net/netip"
	"path"
	"slices"

	"edgegen/internal/site"
)

type stunnelData struct {
	header
	Debug       string
	CacheSocket string
	MinVersion  string
	Handshake   int64 // seconds, as the next three
	Connect     int64
	Idle        int64
	Close       int64
	Default     stunnelCertificate // of the first site
	Resume      bool               // whether sessions are resumed
	Tickets     string             // the directory with the keys of tickets; "" where they are stunnel's own
	Listeners   []stunnelListener

	StandbySocket string // "" where people run the daemons

	LogSource, MinVersionSource, TimeoutSource site.Source
}

type stunnelListener struct {
	Name     string
	Title    string
	Address  string
	Services []stunnelService
	Raw      []site.Raw
	Source   site.Source
}

// stunnelService serves one name of one site on one listener.
type stunnelService struct {
	Name, Host  string
	Certificate stunnelCertificate
	Raw         []site.Raw
	Source      site.Source
}

// stunnelCertificate lists the files of a site's certificates with their keys. OpenSSL keeps
// one for each kind of key; stunnel's own options take one, the First.
type stunnelCertificate struct {
	First string
	More  []string
}

func stunnelView(in Input, common header) stunnelData {
	timeout := in.Edge.Timeout
	handshake := wholeSeconds(timeout.Header)
	// edgegen recognizes a thread of stunnel that is in a handshake by the timeout that it
	// waits with, so no other timeout may be equal to that.
	another := func(seconds int64) int64 {
		if seconds == handshake {
			seconds++
		}
		return seconds
	}
	file := func(s *site.Site, n int) string {
		if in.Standby {
			return pemName(s, n)
		}
		return path.Join(in.Layout.Dir, pemName(s, n))
	}
	certificate := func(s *site.Site) stunnelCertificate {
		c := stunnelCertificate{First: file(s, 0)}
		for n := 1; n < len(s.TLS.Certificates); n++ {
			c.More = append(c.More, file(s, n))
		}
		return c
	}
	view := stunnelData{
		header:      common,
		Debug:       map[string]string{"debug": "info", "error": "err"}[in.Edge.Log.Level],
		CacheSocket: in.Layout.CacheSocket(),
		Handshake:   handshake,
		Connect:     wholeSeconds(timeout.Connect),
		Idle:        another(wholeSeconds(max(timeout.WebSocketIdle, timeout.Idle, timeout.FirstByte)) + 60),
		Close:       another(wholeSeconds(timeout.Idle)),
		Default:     certificate(&in.Edge.Sites[in.Edge.First]),
		Resume:      in.resumes(),

		LogSource:     in.Edge.Log.Source,
		TimeoutSource: timeout.Source,
	}
	strictest := strictestTLS(in.Edge)
	view.MinVersion, view.MinVersionSource = strictest.MinVersion, strictest.Source
	if in.sharesTickets() {
		view.Tickets = stunnelTickets
	}
	if view.Debug == "" {
		view.Debug = "warning"
	}
	if in.Standby {
		view.StandbySocket = in.Layout.StandbySocket()
	}
	named := namesForStunnel(in.Edge)
	for i, listener := range in.Edge.HTTPS {
		rendered := stunnelListener{
			Name:    fmt.Sprintf("https-%d", i+1),
			Title:   listener.Address.String(),
			Address: stunnelAddress(listener.Address),
			Raw:     []site.Raw{in.Edge.Raw.All().Stunnel, in.Edge.Sites[in.Edge.First].Raw.All().Stunnel},
			Source:  listener.Source,
		}
		for _, name := range named {
			rendered.Services = append(rendered.Services, stunnelService{
				Name:        fmt.Sprintf("%s %s", rendered.Name, name.host),
				Host:        name.host,
				Certificate: certificate(name.site),
				Raw:         []site.Raw{in.Edge.Raw.All().Stunnel, name.site.Raw.All().Stunnel},
				Source:      name.site.TLS.Source,
			})
		}
		view.Listeners = append(view.Listeners, rendered)
	}
	return view
}

// nameOfSite is what a client may name in its handshake.
type nameOfSite struct {
	host string
	site *site.Site
}

// namesForStunnel lists the names of all sites in the order in which stunnel tries them:
// it takes the first that matches, and its "*" stands for any number of labels.
func namesForStunnel(edge *site.Edge) []nameOfSite {
	var whole, wildcards []nameOfSite
	for i := range edge.Sites {
		s := &edge.Sites[i]
		for _, name := range s.Names() {
			if beneath, wildcard := site.Beneath(name); wildcard {
				wildcards = append(wildcards, nameOfSite{"*." + beneath, s})
			} else {
				whole = append(whole, nameOfSite{name, s})
			}
		}
	}
	slices.SortStableFunc(wildcards, func(a, b nameOfSite) int {
		return cmp.Or(cmp.Compare(len(b.host), len(a.host)), cmp.Compare(a.host, b.host))
	})
	return append(whole, wildcards...)
}

// stunnelAddress writes an address as stunnel reads it: the port follows the last colon, and
// there are no brackets.
func stunnelAddress(address netip.AddrPort) string {
	return fmt.Sprintf("%s:%d", address.Addr(), address.Port())
}
