package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

func clientTLS(protocols ...string) *tls.Config {
	return &tls.Config{ServerName: host, InsecureSkipVerify: true, NextProtos: protocols} // a certificate of this run
}

// during calls a function again and again in so many goroutines, for one turn, and counts
// how often it did what it is for. The first error ends the turn.
func during(ctx context.Context, s settings, workers int, begin func(worker int) (do func() error, end func(), err error)) (turn, error) {
	var done atomic.Int64
	var failed error
	var once sync.Once
	fail := func(err error) { once.Do(func() { failed = err }) }
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var ready, all sync.WaitGroup
	start := make(chan struct{})
	ready.Add(workers)
	for i := range workers {
		all.Go(func() {
			do, end, err := begin(i)
			ready.Done()
			if err != nil {
				fail(err)
				cancel()
				return
			}
			defer end()
			<-start
			for ctx.Err() == nil {
				if err := do(); err != nil {
					if ctx.Err() == nil {
						fail(err)
						cancel()
					}
					return
				}
				done.Add(1)
			}
		})
	}
	ready.Wait()
	began := time.Now()
	close(start)
	stop := time.AfterFunc(s.round, cancel)
	all.Wait()
	stop.Stop()
	n := float64(done.Load())
	return turn{done: n, rate: n / time.Since(began).Seconds()}, failed
}

// handshakes makes connections, one after the other, in eight goroutines.
func handshakes(s settings, resumed bool) func(context.Context, *world, *peer) (turn, error) {
	return func(ctx context.Context, _ *world, p *peer) (turn, error) {
		return during(ctx, s, 8, func(int) (func() error, func(), error) {
			config := clientTLS("http/1.1")
			if resumed {
				config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
				if err := ticket(p.address, config); err != nil {
					return nil, nil, err
				}
			}
			return func() error {
				conn, err := tls.Dial("tcp", p.address, config)
				if err != nil {
					return err
				}
				defer conn.Close()
				if resumed && !conn.ConnectionState().DidResume {
					return errors.New("a session was not resumed")
				}
				return nil
			}, func() {}, nil
		})
	}
}

// ticket asks for a page, as a ticket comes behind the handshake.
func ticket(address string, config *tls.Config) error {
	conn, err := tls.Dial("tcp", address, config)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "GET /app HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host); err != nil {
		return err
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second)) // Copy tells
	_, err = io.Copy(io.Discard, conn)
	return err
}

// http3Hits asks over 8 connections with 16 streams each.
func http3Hits(s settings) func(context.Context, *world, *peer) (turn, error) {
	const connections, streams = 8, 16
	return func(ctx context.Context, _ *world, p *peer) (turn, error) {
		_, port, _ := net.SplitHostPort(p.address)
		url := "https://" + host + ":" + port + "/kept"
		var all [connections]*http3.Transport
		for i := range all {
			all[i] = &http3.Transport{TLSClientConfig: clientTLS("h3"), Dial: func(ctx context.Context, _ string, c *tls.Config, q *quic.Config) (*quic.Conn, error) {
				return quic.DialAddr(ctx, p.address, c, q)
			}}
			defer all[i].Close()
		}
		return during(ctx, s, connections*streams, func(worker int) (func() error, func(), error) {
			client := &http.Client{Transport: all[worker%connections], Timeout: 20 * time.Second}
			do := func() error {
				answer, err := client.Get(url)
				if err != nil {
					return err
				}
				defer answer.Body.Close()
				if n, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK || n != int64(len(kilobyte())) {
					return fmt.Errorf("status %d, %d bytes, %w", answer.StatusCode, n, err)
				}
				return nil
			}
			return do, client.CloseIdleConnections, do()
		})
	}
}

// message is a text message of 32 bytes, masked with zeros; it comes back as it is.
var message = append([]byte{0x81, 0x80 | 32, 0, 0, 0, 0}, strings.Repeat("m", 32)...)

// socket opens a WebSocket.
func socket(address string) (*tls.Conn, *bufio.Reader, error) {
	conn, err := tls.Dial("tcp", address, clientTLS("http/1.1"))
	if err != nil {
		return nil, nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(time.Minute)) // the next read tells
	fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", host)
	r := bufio.NewReaderSize(conn, 512)
	answer, err := http.ReadResponse(r, nil)
	if err == nil && answer.StatusCode != http.StatusSwitchingProtocols {
		err = fmt.Errorf("a handshake is answered with %d", answer.StatusCode)
	}
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	return conn, r, nil
}

// echoes sends messages over 64 WebSockets, each when the one before has come back.
func echoes(s settings) func(context.Context, *world, *peer) (turn, error) {
	return func(ctx context.Context, _ *world, p *peer) (turn, error) {
		return during(ctx, s, 64, func(int) (func() error, func(), error) {
			conn, r, err := socket(p.address)
			if err != nil {
				return nil, nil, err
			}
			back := make([]byte, len(message))
			return func() error {
				if _, err := conn.Write(message); err != nil {
					return err
				}
				_, err := io.ReadFull(r, back)
				return err
			}, func() { _ = conn.Close() }, nil
		})
	}
}

// idleSockets opens many WebSockets, and says by how much that has made the peer grow.
func idleSockets(s settings) func(context.Context, *world, *peer) (turn, error) {
	return func(ctx context.Context, _ *world, p *peer) (turn, error) {
		before := p.memory()
		open := make([]*tls.Conn, 0, s.sockets)
		defer func() {
			for _, conn := range open {
				_ = conn.Close()
			}
			time.Sleep(500 * time.Millisecond) // until the peer has let go of them
		}()
		for range s.sockets {
			conn, _, err := socket(p.address)
			if err != nil {
				return turn{}, fmt.Errorf("after %d: %w", len(open), err)
			}
			open = append(open, conn)
			if ctx.Err() != nil {
				return turn{}, ctx.Err()
			}
		}
		time.Sleep(2 * time.Second) // until buffers are let go of
		return turn{rate: kib(p.memory()-before) / float64(len(open))}, nil
	}
}
