// Command server is a chat room: people log in with a name and talk over a
// WebSocket. It speaks plain HTTP on a loopback address or a Unix socket and
// leaves TLS, files, redirects and the maintenance page to the edge before it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// stopTimeout bounds how long a stop waits for requests and WebSockets.
const stopTimeout = 10 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

// run serves the chat until ctx ends, then says goodbye to everybody and
// returns once the last of them has gone.
func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("chat", flag.ContinueOnError)
	flags.SetOutput(stderr)
	address := flags.String("listen", "127.0.0.1:5000", "host:port or unix:/path to listen on")
	if err := flags.Parse(args); err != nil {
		return err
	}

	log := slog.New(slog.NewTextHandler(stderr, nil))
	listener, err := listen(*address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", *address, err)
	}
	chat := newApp(log)
	server := &http.Server{
		Handler:           chat.handler(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	log.Info("listening on " + listener.Addr().String())
	return serve(ctx, server, listener, chat)
}

func serve(ctx context.Context, server *http.Server, listener net.Listener, chat *app) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		chat.room.close()
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}

	stopping, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	chat.room.close() // Shutdown does not know of WebSockets
	err := server.Shutdown(stopping)
	<-failed
	chat.room.open.Wait() // each takes a few seconds at most to say goodbye
	chat.log.Info("stopped")
	if err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}

// listen opens host:port or unix:/path. A socket file that nobody answers on
// was left behind by a process that was killed, and is replaced.
func listen(address string) (net.Listener, error) {
	path, isUnix := strings.CutPrefix(address, "unix:")
	if !isUnix {
		return net.Listen("tcp", address)
	}
	if conn, err := net.Dial("unix", path); err == nil {
		_ = conn.Close()
		return nil, errors.New("another process answers there")
	} else if errors.Is(err, syscall.ECONNREFUSED) {
		_ = os.Remove(path) // where it cannot be removed, Listen says why
	}
	return net.Listen("unix", path)
}
