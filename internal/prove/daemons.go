package prove

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"edgegen/internal/importer"
	"edgegen/internal/native"
	"edgegen/internal/site"
)

// Daemons are the old daemons, running.
type Daemons struct {
	running []*exec.Cmd
	died    chan struct{} // has one that ended
	ended   sync.WaitGroup
	said    bytes.Buffer
	mu      sync.Mutex
}

// patience is how long a daemon may take until it answers.
const patience = 30 * time.Second

// Start starts the daemons that there are old files of, in a directory of theirs, and
// waits until they answer. They are to be stopped also where there is an error.
func Start(ctx context.Context, old *importer.Old, directory string) (*Daemons, error) {
	d := &Daemons{died: make(chan struct{}, 8)}
	var waits []string
	for _, one := range []struct {
		engine    site.Engine
		text      string
		name      string
		arguments []string
		at        []string
	}{
		{site.Nginx, old.Nginx, "nginx.conf", []string{"-p", directory, "-c", filepath.Join(directory, "nginx.conf")}, nil},
		{site.Varnish, old.VCL, "default.vcl", []string{"-j", "none", "-F", "-n", filepath.Join(directory, "varnish"), "-a", old.Varnish, "-f", filepath.Join(directory, "default.vcl"), "-s", "malloc,16m"}, []string{old.Varnish}},
		{site.Stunnel, old.Stunnel, "stunnel.conf", []string{filepath.Join(directory, "stunnel.conf")}, nil},
	} {
		if one.text == "" {
			continue
		}
		file := filepath.Join(directory, one.name)
		// varnishd reads its own as another user.
		if err := os.WriteFile(file, []byte(one.text), 0o644); err != nil {
			return d, fmt.Errorf("write the old files anew: %w", err)
		}
		daemon, err := native.Find(ctx, one.engine, native.Directories(os.Getenv("PATH")))
		if err != nil {
			return d, fmt.Errorf("run the old %s: %w", one.engine, err)
		}
		if err := d.start(ctx, directory, daemon.Path, one.arguments); err != nil {
			return d, fmt.Errorf("run the old %s: %w", one.engine, err)
		}
		waits = append(waits, one.at...)
	}
	for _, at := range append(waits, old.HTTPS, old.HTTP) {
		if at == "" {
			continue
		}
		if err := d.await(ctx, at); err != nil {
			return d, err
		}
	}
	return d, nil
}

// start starts a program that ends with this one, however that ends: the kernel sees to
// it as long as the thread lives that has started it.
func (d *Daemons) start(ctx context.Context, directory, program string, arguments []string) error {
	c := exec.CommandContext(ctx, program, arguments...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 10 * time.Second
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	c.Env = append(os.Environ(), "TMPDIR="+directory)
	c.Stdout, c.Stderr = d, d
	started := make(chan error)
	d.ended.Go(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := c.Start()
		if started <- err; err == nil {
			_ = c.Wait() // what it has said is shown where it does not answer
			d.died <- struct{}{}
		}
	})
	if err := <-started; err != nil {
		return err
	}
	d.running = append(d.running, c)
	return nil
}

// Write keeps what the daemons say.
func (d *Daemons) Write(text []byte) (int, error) {
	const most = 64 << 10
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.said.Len() < most {
		d.said.Write(text)
	}
	return len(text), nil
}

// await waits until somebody listens.
func (d *Daemons) await(ctx context.Context, at string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", at)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-d.died:
			cancel()
		case <-ctx.Done():
			return fmt.Errorf("no old daemon answers at %s, where one was to listen:\n%s", at, d.lastWords())
		case <-time.After(50 * time.Millisecond): // there is nothing to wait on but the socket
		}
	}
}

// lastWords are the last lines that the daemons have said.
func (d *Daemons) lastWords() string {
	const most = 12
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(d.said.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}

// Stop ends the daemons, and waits for them.
func (d *Daemons) Stop() {
	for _, c := range d.running {
		_ = c.Process.Signal(syscall.SIGTERM) // it may have ended
	}
	d.ended.Wait()
}
