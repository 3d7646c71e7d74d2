package native

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"edgegen/internal/wait"
)

// probePause is between two looks at a tier that is not ready yet.
const probePause = 10 * time.Millisecond

const (
	probeTime  = 10 * time.Second
	reloadTime = time.Minute // for the files of thousands of sites
)

// limited gives a context that could wait for ever a deadline.
func limited(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if _, has := ctx.Deadline(); has {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, limit)
}

// ProbeTLS waits until the listener at the address serves the certificate for the name. A
// connection waits in the listener until stunnel takes it, so one handshake is usually
// enough. A ctx without a deadline gets one of ten seconds: not every address can be
// reached from the machine itself. If announces is not nil and reports that for the
// machine's own address, the connection begins with a PROXY header that names nobody.
func ProbeTLS(ctx context.Context, address, name string, certificate *x509.Certificate, announces func(netip.Addr) bool) error {
	ctx, cancel := limited(ctx, probeTime)
	defer cancel()
	config := &tls.Config{
		ServerName: name,
		// The certificate is compared below, so it does not matter who has signed it.
		InsecureSkipVerify: true,
	}
	return untilServed(ctx, func() error {
		connection, err := shake(ctx, address, config, announces)
		if isTurnedAway(err) {
			return fmt.Errorf("TLS handshake with %s: %w", address, ErrBusy)
		}
		if err != nil {
			return fmt.Errorf("TLS handshake with %s: %w", address, err)
		}
		defer connection.Close()
		served := connection.ConnectionState().PeerCertificates[0]
		if !served.Equal(certificate) {
			return fmt.Errorf("%s serves another certificate for %s", address, name)
		}
		return nil
	})
}

// local is a PROXY header of version 2 by a proxy that speaks for itself.
const local = "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"

func shake(ctx context.Context, address string, config *tls.Config, announces func(netip.Addr) bool) (*tls.Conn, error) {
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if own, ok := raw.LocalAddr().(*net.TCPAddr); ok && announces != nil && announces(own.AddrPort().Addr().Unmap()) {
		_, err = raw.Write([]byte(local))
	}
	connection := tls.Client(raw, config)
	if err == nil {
		err = connection.HandshakeContext(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	return connection, nil
}

// ProbeWeb asks the web tier once whether it serves the generation.
func ProbeWeb(ctx context.Context, s Setup) error {
	body, _, err := get(ctx, s.Layout.WebProbe(), "/")
	if err != nil {
		return fmt.Errorf("ask the web tier: %w", err)
	}
	return expect(s.Generation, strings.TrimSpace(body))
}

func expect(want, got string) error {
	if want != got {
		return fmt.Errorf("serves generation %q instead of %q", got, want)
	}
	return nil
}

// get asks a Unix socket for a path, no longer than answerTime. Where the
// connection is closed without an answer the error says so to isTurnedAway.
func get(ctx context.Context, socket, path string) (string, http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://edge"+path, nil)
	if err != nil {
		return "", nil, err
	}
	request.Close = true
	connection, err := net.Dial("unix", socket) // which does not wait
	if err != nil {
		return "", nil, err
	}
	defer connection.Close()
	defer context.AfterFunc(ctx, func() { _ = connection.SetDeadline(time.Unix(1, 0)) })()
	body, header, err := exchange(connection, request)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx) // which is why the connection had a deadline
	}
	return body, header, err
}

// exchange sends a request and reads the answer.
func exchange(connection net.Conn, request *http.Request) (string, http.Header, error) {
	if err := request.Write(connection); err != nil {
		return "", nil, err
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), request)
	if err != nil {
		return "", nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	return string(body), response.Header, err
}

// until calls f until it succeeds or ctx ends. In the latter case it returns f's last
// error from before that, if there is one.
func until(ctx context.Context, f func() error) error {
	var last error
	for {
		err := f()
		if err == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil {
			last = err
		}
		if !wait.For(ctx, probePause) {
			return errors.Join(last, context.Cause(ctx))
		}
	}
}
