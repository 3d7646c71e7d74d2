package render

import (
	"fmt"
	"net/netip"
	"path"

	"edgegen/internal/site"
)

type stunnelData struct {
	header
	Debug       string
	CacheSocket string
	MinVersion  string
	Handshake   int64 // seconds, like the three below
	Connect     int64
	Idle        int64
	Close       int64
	Default     string // certificate of the first site
	Listeners   []stunnelListener

	StandbySocket string // "" where people run the daemons

	LogSource, MinVersionSource, TimeoutSource site.Source
}

type stunnelListener struct {
	Name     string
	Title    string
	Address  string
	Services []stunnelService
	Source   site.Source
}

// stunnelService serves one name of one site on one listener.
type stunnelService struct {
	Name, Host, Certificate string
	Source                  site.Source
}

func stunnelView(in Input, common header) stunnelData {
	timeout := in.Edge.Timeout
	handshake := wholeSeconds(timeout.Header)
	// Who looks at a thread of stunnel tells a handshake by its clock.
	another := func(seconds int64) int64 {
		if seconds == handshake {
			seconds++
		}
		return seconds
	}
	certificate := func(s *site.Site) string {
		if in.Standby {
			return pemName(s)
		}
		return path.Join(in.Layout.Dir, pemName(s))
	}
	view := stunnelData{
		header:      common,
		Debug:       map[string]string{"debug": "info", "error": "err"}[in.Edge.Log.Level],
		CacheSocket: in.Layout.CacheSocket(),
		MinVersion:  in.Edge.Sites[0].TLS.MinVersion,
		Handshake:   handshake,
		Connect:     wholeSeconds(timeout.Connect),
		Idle:        another(wholeSeconds(max(timeout.WebSocketIdle, timeout.Idle, timeout.FirstByte)) + 60),
		Close:       another(wholeSeconds(timeout.Idle)),
		Default:     certificate(&in.Edge.Sites[0]),

		LogSource:        in.Edge.Log.Source,
		MinVersionSource: in.Edge.Sites[0].TLS.Source,
		TimeoutSource:    timeout.Source,
	}
	if view.Debug == "" {
		view.Debug = "warning"
	}
	if in.Standby {
		view.StandbySocket = in.Layout.StandbySocket()
	}
	for i, listener := range in.Edge.HTTPS {
		rendered := stunnelListener{
			Name:    fmt.Sprintf("https-%d", i+1),
			Title:   listener.Address.String(),
			Address: stunnelAddress(listener.Address),
			Source:  listener.Source,
		}
		for n := range in.Edge.Sites {
			s := &in.Edge.Sites[n]
			for _, host := range append([]string{s.Host}, s.Aliases...) {
				rendered.Services = append(rendered.Services, stunnelService{
					Name:        fmt.Sprintf("%s %s", rendered.Name, host),
					Host:        host,
					Certificate: certificate(s),
					Source:      s.TLS.Source,
				})
			}
		}
		view.Listeners = append(view.Listeners, rendered)
	}
	return view
}

// stunnelAddress writes an address as stunnel reads it: what follows the last
// colon is the port, and brackets would be part of a name.
func stunnelAddress(address netip.AddrPort) string {
	return fmt.Sprintf("%s:%d", address.Addr(), address.Port())
}
