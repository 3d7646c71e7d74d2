package api

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/internal/unixsocket"
)

// A state directory may be deeper than a socket's address holds.
func TestControlSocketOfADeepDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("deep/", 30))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := Socket(dir)
	if len(path) <= unixsocket.MaxPath {
		t.Fatalf("%s is not long", path)
	}
	opened, err := unixsocket.Listen(dir, path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"state":"ready","generation":3,"version":%q}`, r.Method+r.URL.Path)
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(opened) }()
	defer func() {
		_ = server.Close()
		<-served
	}()
	client, err := NewClient(dir)
	if err != nil {
		t.Fatal(err)
	}
	status, err := client.Status(t.Context())
	if err != nil || status.State != "ready" || status.Generation != 3 || status.Version != "GET/status" {
		t.Errorf("%+v, %v", status, err)
	}
	if err := client.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestClientWithoutAnEdge(t *testing.T) {
	dir := t.TempDir()
	client, err := NewClient(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Status(t.Context()); !errors.Is(err, ErrNoEdge) {
		t.Errorf("no socket: %v", err)
	}
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: Socket(dir), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	if err := client.Stop(t.Context()); !errors.Is(err, ErrNoEdge) {
		t.Errorf("a socket that a killed edge left: %v", err)
	}
}
