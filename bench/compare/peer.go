package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"text/template"
	"time"

	"edgegen/bench/peers"
)

// peer is somebody who serves the site.
type peer struct {
	name   string
	does   ability
	launch func(p *peer, w *world) ([]*exec.Cmd, error)
	asks   []string // a command that tells its version

	dir     string
	address string // of https
	socket  string // of the first command, which the others look for when they start
	running []*exec.Cmd
}

// ability is what a peer can be asked.
type ability int

const (
	hits ability = 1 << iota
	files
	overTwo   // HTTP/2
	overThree // HTTP/3
	sockets
)

// start launches a peer, and waits until it serves.
func (p *peer) start(ctx context.Context, w *world) (err error) {
	if p.dir, err = os.MkdirTemp(w.dir, "peer"); err != nil {
		return err
	}
	if err := os.Chmod(p.dir, 0o777); err != nil { // daemons of another user write there
		return err
	}
	if p.address, err = freeAddress(); err != nil {
		return err
	}
	commands, err := p.launch(p, w)
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close() // the processes have their own
	for _, c := range commands {
		c.Dir, c.Stdout, c.Stderr = p.dir, log, log
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
		if err := c.Start(); err != nil {
			return err
		}
		p.running = append(p.running, c)
		if err := p.waitForSocket(ctx); err != nil {
			return err
		}
	}
	for until := time.Now().Add(30 * time.Second); ; {
		err := p.answers()
		if err == nil {
			return nil
		}
		if time.Now().After(until) || ctx.Err() != nil {
			said, _ := os.ReadFile(log.Name())
			return fmt.Errorf("it does not serve: %w; it says %.300q", err, said)
		}
		time.Sleep(20 * time.Millisecond) // between two looks
	}
}

// waitForSocket returns when the socket of the first command is there, if it has one.
func (p *peer) waitForSocket(ctx context.Context) error {
	for until := time.Now().Add(30 * time.Second); p.socket != ""; time.Sleep(10 * time.Millisecond) { // between two looks
		if _, err := os.Stat(p.socket); err == nil {
			return nil
		}
		if time.Now().After(until) || ctx.Err() != nil {
			return fmt.Errorf("%s does not come", p.socket)
		}
	}
	return nil
}

func (p *peer) answers() error {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: time.Second}, "tcp", p.address, clientTLS("http/1.1"))
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second)) // Read tells
	if _, err := fmt.Fprintf(conn, "GET /app HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host); err != nil {
		return err
	}
	answer := make([]byte, 12)
	if _, err := conn.Read(answer); err != nil {
		return err
	}
	if !strings.HasPrefix(string(answer), "HTTP/1.1 200") {
		return fmt.Errorf("the answer begins with %q", answer)
	}
	return nil
}

// stop ends a peer and what it has started.
func (p *peer) stop() {
	for _, c := range p.running {
		_ = c.Process.Signal(syscall.SIGTERM) // it may have ended
	}
	for _, c := range p.running {
		late := time.AfterFunc(10*time.Second, func() { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) })
		_ = c.Wait() // how it ends says nothing
		late.Stop()
	}
	p.running = nil
}

// version is the first thing in what a peer says of itself that looks like one.
func (p *peer) version(ctx context.Context) string {
	var all []string
	for _, command := range p.asks {
		words := strings.Fields(command)
		said, _ := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput() // some exit with 1
		name := filepath.Base(words[0])
		if v := regexp.MustCompile(`[0-9]+\.[0-9]+(\.[0-9]+)?[-+.0-9a-z]*`).Find(said); v != nil {
			name += " " + string(v)
		}
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}

// place is what a template is filled in with.
type place struct {
	Dir, Address, Port, Host, Public, Chain, Key, PEM, App, AppHost, AppPort, Text, User string
	Sockets                                                                              bool // between the tiers, in place of TCP
	CachePort, WebPort                                                                   string
}

func (p *peer) place(w *world) place {
	appHost, appPort, _ := net.SplitHostPort(w.app.Addr().String())
	_, port, _ := net.SplitHostPort(p.address)
	who := "root"
	if os.Geteuid() != 0 {
		who = ""
	}
	return place{Dir: p.dir, Address: p.address, Port: port, Host: host, Public: w.public, Chain: w.chain, Key: w.key, PEM: w.pem,
		App: w.app.Addr().String(), AppHost: appHost, AppPort: appPort, Text: strings.ReplaceAll(kilobyte(), "\n", " "), User: who}
}

// write fills in one of the templates.
func (p *peer) write(name, as string, at place) (path string, err error) {
	t, err := template.ParseFS(peers.Files, name)
	if err != nil {
		return "", err
	}
	path = filepath.Join(p.dir, as)
	file, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	return path, t.Execute(file, at)
}

// freeAddress is one that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// program finds one on PATH or where Debian puts daemons.
func program(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return filepath.Abs(path)
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin"} {
		if path := filepath.Join(dir, name); isProgram(path) {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed", name)
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
