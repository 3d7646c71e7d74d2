package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

func TestRunStopsGracefully(t *testing.T) {
	for name, address := range map[string]string{
		"TCP":         "127.0.0.1:0",
		"Unix socket": "unix:" + filepath.Join(t.TempDir(), "chat.sock"),
	} {
		t.Run(name, func(t *testing.T) {
			writer, lines := logLines(t)
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- run(ctx, []string{"-listen", address}, writer) }()
			_, where, _ := strings.Cut(waitForLine(t, lines, "listening on "), "listening on ")
			where = strings.Trim(where, `"`)

			client := clientOf(where)
			login, err := client.Post("http://chat/login", "application/x-www-form-urlencoded", strings.NewReader("name=Ada"))
			if err != nil {
				t.Fatal(err)
			}
			_ = login.Body.Close()
			conn, _, err := websocket.Dial(patient(t), "http://chat/ws", &websocket.DialOptions{
				HTTPClient: client, HTTPHeader: http.Header{"Cookie": {cookieName + "=" + login.Cookies()[0].Value}},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.CloseNow() }()
			read(t, conn)

			stop()
			if code := closeCode(t, conn); code != websocket.StatusGoingAway {
				t.Errorf("code = %v", code)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
			client.CloseIdleConnections()
		})
	}
}

// clientOf reaches the app whatever it listens on, and follows no redirect.
func clientOf(where string) *http.Client {
	network := "tcp"
	if strings.HasPrefix(where, "/") {
		network = "unix"
	}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, network, where)
		}},
	}
}

func TestListen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.sock")
	first, err := listen("unix:" + path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := listen("unix:" + path); err == nil {
		t.Error("two processes share a socket")
	}
	first.(*net.UnixListener).SetUnlinkOnClose(false) // as after a kill
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := listen("unix:" + path)
	if err != nil {
		t.Fatalf("a socket that was left behind: %v", err)
	}
	_ = second.Close()
}

// logLines returns a log and the lines that are written to it, up to a hundred.
func logLines(t *testing.T) (io.Writer, <-chan string) {
	t.Helper()
	reader, writer := io.Pipe()
	lines := make(chan string, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for scanner := bufio.NewScanner(reader); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	t.Cleanup(func() {
		_ = writer.Close()
		<-done
	})
	return writer, lines
}

func waitForLine(t *testing.T, lines <-chan string, want string) string {
	t.Helper()
	ctx := patient(t)
	for {
		select {
		case line := <-lines:
			if strings.Contains(line, want) {
				return line
			}
		case <-ctx.Done():
			t.Fatalf("the log lacks %q", want)
		}
	}
}
