// Command apiserver runs the API server of Kubernetes for tests; package apiserver
// says how. It prints the path of a kubeconfig when the server is ready, and ends with
// its standard input, or by SIGINT or SIGTERM; what it kept is gone then:
//
//	sleep infinity | go run ./cmd/apiserver 2>/dev/null
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"edgegen/test/kubernetes/apiserver"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "apiserver:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	dir, err := os.MkdirTemp("", "edgegen-apiserver-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // ends with the process
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return apiserver.Run(ctx, dir, func(kubeconfig string) { fmt.Println(kubeconfig) })
}
