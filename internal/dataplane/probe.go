package dataplane

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"edgegen/internal/site"
)

// Generation names the model in force, as Model does.
func (p *Plane) Generation() string { return p.model.Load().generation }

// Probe waits until Run accepts connections, and reports whether every tier answers by the
// model in force. It asks on connections within the process, since on the sockets other
// Planes may accept too. It is neither counted nor logged. Without a deadline it waits five
// seconds.
func (p *Plane) Probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	select {
	case <-p.accepting:
	case <-ctx.Done():
		return ctx.Err()
	case <-p.ended.Done():
	}
	if p.stopping.Load() {
		return errors.New("stopping")
	}
	roles := p.options.Roles
	switch {
	case roles.TLS && !p.model.Load().edge.Plain():
		if err := p.probe(ctx, p.probeTLS, func(v *visit) { p.https(v, v.RemoteAddr()) }); err != nil {
			return fmt.Errorf("tls tier: %w", err)
		}
	case roles.Cache:
		if err := p.probe(ctx, p.probeCache, p.proxied); err != nil {
			return fmt.Errorf("cache tier: %w", err)
		}
	}
	if roles.Web {
		serve := func(v *visit) { p.http1(v, &http1{Conn: v.Conn, peer: localhost, serve: p.web.serve}) }
		if err := p.probe(ctx, p.probeHTTP, serve); err != nil {
			return fmt.Errorf("web tier: %w", err)
		}
	}
	return nil
}

// probe asks on a connection that never leaves the process.
func (p *Plane) probe(ctx context.Context, ask func(net.Conn) error, serve func(*visit)) error {
	client, server := net.Pipe()
	defer client.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = client.SetDeadline(deadline)
	}
	p.tasks.Go(func() {
		v := &visit{Conn: server, plane: p}
		v.atEnd(func() { server.Close() })
		defer v.leave()
		defer p.survive(localhost)
		serve(v)
	})
	return ask(client)
}

// isProbe tells a probe's connection: no other is a pipe.
func isProbe(c net.Conn) bool { return c.RemoteAddr().Network() == "pipe" }

// probeTLS looks for the first site's certificate, and asks the cache tier
// where that is here.
func (p *Plane) probeTLS(c net.Conn) error {
	want := p.model.Load().tls.First.Certificates[0].Certificate[0]
	conn := tls.Client(c, &tls.Config{
		InsecureSkipVerify: true, // whose it is stands in the model
		ServerName:         p.firstHost(),
		NextProtos:         []string{"http/1.1"},
	})
	if err := conn.Handshake(); err != nil {
		return err
	}
	served := conn.ConnectionState().PeerCertificates[0].Raw
	if now := p.model.Load().tls.First.Certificates[0].Certificate[0]; string(served) != string(want) && string(served) != string(now) {
		return errors.New("it serves another certificate")
	}
	if p.front == nil {
		return nil
	}
	return p.probeHTTP(conn)
}

func (p *Plane) firstHost() string {
	edge := p.model.Load().edge
	return edge.Sites[edge.First].Host
}

func (p *Plane) probeCache(c net.Conn) error {
	if _, err := io.WriteString(c, "PROXY UNKNOWN\r\n"); err != nil {
		return err
	}
	return p.probeHTTP(c)
}

// probeHTTP asks for a host that no site can have, and expects the generation in the
// answer.
func (p *Plane) probeHTTP(c net.Conn) error {
	want := p.Generation()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: "+p.probeHost+"\r\nConnection: close\r\n\r\n"); err != nil {
		return err
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return err
	}
	if r.StatusCode != http.StatusMisdirectedRequest {
		return fmt.Errorf("it answered %d", r.StatusCode)
	}
	if got := r.Header.Get(site.NoteGeneration); got != want && got != p.Generation() {
		return fmt.Errorf("it serves generation %q", got)
	}
	return nil
}
