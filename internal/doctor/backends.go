package doctor

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"

	"edgegen/internal/backends"
)

const (
	backendsTime = 5 * time.Second // for all names together, and for all servers
	askedAtOnce  = 32
	troublesMost = 4 // that are told of one backend
)

// examineBackends looks the names of apps up, connects to their servers, and speaks
// TLS with those that do. Nothing is sent, and an app that edgegen runs is left alone.
func (x *examination) examineBackends(ctx context.Context) []Line {
	if !x.hasSite {
		return nil
	}
	watch := backends.New(backends.Options{Secret: func() ([]byte, error) { return make([]byte, 32), nil }})
	defer watch.Close()
	ctx, cancel := context.WithTimeout(ctx, 2*backendsTime)
	defer cancel()
	named, found := context.WithTimeout(ctx, backendsTime)
	defer found()
	plan, err := watch.Prepare(named, x.edge)
	if err != nil {
		return []Line{{LevelProblem, "backends", err.Error(), ""}}
	}
	defer plan.Drop()
	var lines []Line
	turns := make(chan struct{}, askedAtOnce)
	for i := range x.edge.Sites {
		s := &x.edge.Sites[i]
		for j := range s.Backends {
			if b := &s.Backends[j]; b.Command == nil && b.Watched() {
				id := backends.ID{Site: s.Host, Name: b.Name}
				lines = append(lines, judgeBackend(ctx, b.Name+" of "+s.Host, plan.Names(id), plan.Endpoints(id), turns)...)
			}
		}
	}
	return lines
}

// judgeBackend tells what is wrong with a backend, or else that all is well.
func judgeBackend(ctx context.Context, subject string, names []backends.Name, endpoints []backends.Endpoint, turns chan struct{}) []Line {
	var lines []Line
	for _, n := range names {
		if len(n.Addresses) == 0 {
			problem := n.Problem
			if problem == "" {
				problem = fmt.Sprintf("no answer within %s", backendsTime)
			}
			lines = append(lines, Line{LevelWarning, subject, fmt.Sprintf("the name %s cannot be looked up: %s", n.Name, problem),
				"see to the name, or to edge { resolver }; until then requests go to the backend's other servers, or are answered 503"})
		}
	}
	wrong := make([]Line, len(endpoints))
	var asked sync.WaitGroup
	for i, e := range endpoints {
		asked.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			wrong[i] = judgeEndpoint(ctx, subject, e)
		})
	}
	asked.Wait()
	well, left := 0, 0
	for _, line := range wrong {
		switch {
		case line.Text == "":
			well++
		case len(lines) >= troublesMost:
			left++
		default:
			lines = append(lines, line)
		}
	}
	if left > 0 {
		lines = append(lines, Line{LevelNote, subject, fmt.Sprintf("and %d more", left), ""})
	}
	if len(lines) == 0 {
		text := fmt.Sprintf("%d servers answer", well)
		if well == 1 {
			text = "its server answers"
		}
		lines = append(lines, Line{LevelOK, subject, text, ""})
	}
	return lines
}

// judgeEndpoint connects to a server; the line has no text where all is well. An app
// that does not run yet is no fault.
func judgeEndpoint(ctx context.Context, subject string, e backends.Endpoint) Line {
	ctx, cancel := context.WithTimeout(ctx, backendsTime/2)
	defer cancel()
	dialer := new(net.Dialer)
	conn, err := dialer.DialContext(ctx, e.Network, firstOf(e))
	if err != nil && e.Second != "" {
		conn, err = dialer.DialContext(ctx, e.Network, e.Second)
	}
	if err != nil {
		return Line{LevelNote, subject, fmt.Sprintf("nobody answers at present: %v", err), "start the app before it is asked for"}
	}
	defer conn.Close()
	if e.Secure == nil {
		return Line{}
	}
	if err := tls.Client(conn, e.Secure).HandshakeContext(ctx); err != nil {
		return Line{LevelWarning, subject, fmt.Sprintf("%s cannot be spoken to by TLS: %v", e.Address, err), "see to its certificate, or to the backend's tls block; until then requests are answered 502"}
	}
	return Line{}
}

// firstOf is where a server is asked first.
func firstOf(e backends.Endpoint) string {
	if e.First != "" {
		return e.First
	}
	return e.Address
}
