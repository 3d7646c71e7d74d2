package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"edgegen/internal/certificate"
	"edgegen/internal/importer"
	"edgegen/internal/printable"
	"edgegen/internal/prove"
	"edgegen/internal/site"
	"edgegen/internal/standin"
	"edgegen/internal/tones"
)

// proveImport runs the old daemons beside the new edge and shows where their answers
// differ.
func (s streams) proveImport(ctx context.Context, result *importer.Result, flags importFlags) (err error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	directory, err := os.MkdirTemp("", "edgegen-prove-")
	if err != nil {
		return fmt.Errorf("make a directory for the old daemons: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()
	if err := os.Chmod(directory, 0o755); err != nil { // the daemons may run as others
		return err
	}
	apps := &standin.Apps{Answer: prove.Record}
	defer apps.Close()
	asked := result.Asked()
	if flags.log != "" {
		logged, err := prove.Logged(flags.log, asked)
		if err != nil {
			return err
		}
		asked = append(asked, logged...)
	}

	ports := map[string]string{}
	pem, err := oldCertificate(directory)
	if err != nil {
		return err
	}
	old := result.Replay(importer.Replay{Directory: directory, PEM: pem, App: apps.At, Listen: func(address string) string {
		if ports[address] == "" {
			ports[address] = freeAddress()
		}
		return ports[address]
	}})
	daemons, err := prove.Start(ctx, old, directory)
	defer daemons.Stop()
	if err != nil {
		return err
	}

	file := filepath.Join(directory, "site.hcl")
	if err := os.WriteFile(file, result.Site, 0o600); err != nil {
		return err
	}
	own := &ownEdge{stands: func(b *site.Backend, one site.Server) site.Server { return serverAt(apps.At(appOf(b, one))) }}
	defer own.stop()
	if err := own.start(ctx, file, nil); err != nil {
		return fmt.Errorf("run the new edge: %w", err)
	}
	if err := apps.Err(); err != nil {
		return err
	}
	now := prove.Edge{}
	if own.http {
		now.HTTP = own.public[0].Address.String()
	}
	if own.https {
		now.HTTPS = own.public[1].Address.String()
	}
	return s.tellProof(prove.Compare(ctx, prove.Edge{HTTPS: old.HTTPS, HTTP: old.HTTP}, now, asked))
}

// tellProof tells of each request whether both answer alike.
func (s streams) tellProof(results []prove.Compared) error {
	color := colored(s.err)
	differ := 0
	for _, one := range results {
		if len(one.Differs) == 0 {
			fmt.Fprintf(s.err, "%s  %s  %s\n", tones.Paint(color, tones.Green, "same    "), printable.Text(one.Request), printable.Text(one.New))
			continue
		}
		differ++
		fmt.Fprintf(s.err, "%s  %s\n    old  %s\n    new  %s\n", tones.Paint(color, tones.Warning, "differs "), printable.Text(one.Request), printable.Text(one.Old), printable.Text(one.New))
		for _, line := range one.Differs {
			fmt.Fprintf(s.err, "         %s\n", printable.Text(line))
		}
	}
	_, err := fmt.Fprintf(s.err, "\n%s sent to both: %d answered alike, %d differently\n", plural(len(results), "request"), len(results)-differ, differ)
	return err
}

// appOf is what the app at a server of a backend is called, as a replay calls it.
func appOf(b *site.Backend, one site.Server) string {
	one.TLS = false
	if b.FastCGI != nil {
		return "fastcgi " + one.String()
	}
	return one.String()
}

// oldCertificate is a certificate for the old daemons. Nobody verifies it.
func oldCertificate(directory string) (string, error) {
	authority, err := certificate.OpenAuthority(filepath.Join(directory, "ca"))
	if err != nil {
		return "", err
	}
	pair, err := authority.Issue([]string{"old.invalid"})
	if err != nil {
		return "", err
	}
	file := filepath.Join(directory, "old.pem")
	if err := os.WriteFile(file, pair.PEM, 0o600); err != nil {
		return "", fmt.Errorf("write a certificate for the old daemons: %w", err)
	}
	return file, nil
}

// freeAddress is an address at which nobody listens, for the old daemons.
func freeAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "127.0.0.1:1" // the daemon says why not
	}
	defer l.Close()
	return l.Addr().String()
}
