package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"edgegen/internal/api"
)

// growth is how edgegen does with so many sites.
type growth struct {
	engine               string
	sites                int
	render, first, start time.Duration // the first start finds nothing that is kept
	whole                time.Duration // of the first start, until each tier has its own daemon
	reload               time.Duration
	memory               float64 // MiB, over all processes, when nothing has come for a while
	early, cpu           float64 // µs of a hit: just after the start, and when nothing else is done any more
}

// mostNative is for how many sites the daemons are started. Ten times as many do start,
// which takes minutes, and 2.6 GiB.
const mostNative = 1000

// scale starts edgegen with more and more sites.
func (r *results) scale(ctx context.Context, w *world, s settings) error {
	for _, engine := range []string{"builtin", "native"} {
		for _, sites := range s.sites {
			if engine == "native" && sites > mostNative {
				continue
			}
			g, err := grow(ctx, w, s, engine, sites)
			if err != nil {
				return fmt.Errorf("%s with %d sites: %w", engine, sites, err)
			}
			r.growth = append(r.growth, g)
			fmt.Fprintf(os.Stderr, "%s, %d sites: render %v, first start %v, by its daemons %v, start %v, reload %v, %.0f MiB, %.1f µs a hit\n", engine, sites, g.render, g.first, g.whole, g.start, g.reload, g.memory, g.cpu)
		}
	}
	return nil
}

func grow(ctx context.Context, w *world, s settings, engine string, sites int) (g growth, err error) {
	g = growth{engine: engine, sites: sites}
	dir, err := os.MkdirTemp(w.dir, "grow")
	if err != nil {
		return g, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // daemons of another user look in
		return g, err
	}
	p := &peer{dir: dir}
	if p.address, err = freeAddress(); err != nil {
		return g, err
	}
	path, err := program(s.edgegen)
	if err != nil {
		return g, err
	}
	file, state := filepath.Join(dir, "site.hcl"), filepath.Join(dir, "state")
	write := func(generation int) error {
		return os.WriteFile(file, []byte(manySites(w, p.address, sites, generation)), 0o644)
	}
	if err := write(1); err != nil {
		return g, err
	}
	began := time.Now()
	render := exec.CommandContext(ctx, path, "render", "-o", filepath.Join(dir, "rendered"), file)
	if said, err := render.CombinedOutput(); err != nil {
		return g, fmt.Errorf("render: %w: %.300s", err, said)
	}
	g.render = time.Since(began)
	up := func() (time.Duration, error) {
		command := exec.Command(path, "up", "--engine", engine, "--state-dir", state, file)
		command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
		began := time.Now()
		if err := command.Start(); err != nil {
			return 0, err
		}
		p.running = []*exec.Cmd{command}
		for p.answers() != nil {
			if ctx.Err() != nil || time.Since(began) > 5*time.Minute {
				return 0, fmt.Errorf("it does not serve after %v", time.Since(began))
			}
			time.Sleep(10 * time.Millisecond) // between two looks
		}
		return time.Since(began), nil
	}
	defer p.stop()
	began = time.Now()
	if g.first, err = up(); err != nil {
		return g, err
	}
	if err := ready(ctx, path, state); err != nil {
		return g, err
	}
	g.whole = time.Since(began)
	p.stop()
	if g.start, err = up(); err != nil {
		return g, err
	}
	if err := ready(ctx, path, state); err != nil {
		return g, err
	}
	if g.early, err = hitCost(ctx, w, s, p); err != nil {
		return g, err
	}
	if err := write(2); err != nil {
		return g, err
	}
	began = time.Now()
	if said, err := exec.CommandContext(ctx, path, "reload", "--state-dir", state).CombinedOutput(); err != nil {
		return g, fmt.Errorf("reload: %w: %.300s", err, said)
	}
	g.reload = time.Since(began)
	time.Sleep(settles)
	g.memory = kib(p.memory()) / 1024
	g.cpu, err = hitCost(ctx, w, s, p)
	return g, err
}

// ready waits until no builtin tier serves in the place of a daemon.
func ready(ctx context.Context, edgegen, state string) error {
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) { // between two looks
		said, err := exec.CommandContext(ctx, edgegen, "status", "--json", "--state-dir", state).Output()
		var status api.Status
		if err == nil && json.Unmarshal(said, &status) == nil && status.State == "ready" {
			return nil
		}
		if ctx.Err() != nil || time.Since(began) > 5*time.Minute {
			return fmt.Errorf("its daemons do not serve after %v: %w", time.Since(began), err)
		}
	}
}

// settles is how long what a start or a reload leaves to do takes at most, such as keeping
// the models on the disk.
const settles = 10 * time.Second

// hitCost is the CPU time of a hit over HTTP/1.1, in µs over all processes.
func hitCost(ctx context.Context, w *world, s settings, p *peer) (float64, error) {
	before, err := p.spent()
	if err != nil {
		return 0, err
	}
	t, err := h2load{version1, 64, "/kept", false, 1}.run(s)(ctx, w, p)
	if err != nil {
		return 0, fmt.Errorf("ask for what is kept: %w", err)
	}
	after, err := p.spent()
	if err != nil || t.done == 0 {
		return 0, fmt.Errorf("ask for what is kept: %v answers: %w", t.done, err)
	}
	return (after - before).Seconds() * 1e6 / t.done, nil
}

// manySites is a configuration of many, of which the first changes by generation.
func manySites(w *world, address string, sites, generation int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "edge {\n  http  = [\"127.0.0.1:0\"]\n  https = [%q]\n  log { access = \"off\" }\n}\n", address)
	for i := range sites {
		name := host
		if i > 0 {
			name = fmt.Sprintf("s%d.%s", i, host)
		}
		stage := 0
		if i == 0 {
			stage = generation
		}
		b.WriteString(siteBlock(w, name, "", fmt.Sprintf("\n    response_headers { set = { \"X-Stage\" = \"%d\" } }", stage)))
	}
	return b.String()
}

// grown is the table of that.
func (r *results) grown(b *strings.Builder) {
	if len(r.growth) == 0 {
		return
	}
	b.WriteString("\n## Number of sites\n\nOne backend and one directory each. A start is until the first answer: the first one with nothing kept in the state directory, the other one after it. Of the first one it is told, too, when each tier had its own daemon: until then the builtin tier serves while VCL is compiled. A reload changes one site. Render is of all three daemons' files. A hit is over HTTP/1.1, its CPU time that of all processes: in the first second of an edge, which keeps on the disk what it serves then, and later.\n\n| engine | sites | render | first start | by its daemons | start | reload | memory | CPU a hit, first | later |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, g := range r.growth {
		fmt.Fprintf(b, "| %s | %d | %v | %v | %v | %v | %v | %.0f MiB | %.1f µs | %.1f µs |\n", g.engine, g.sites, g.render.Round(time.Millisecond), g.first.Round(time.Millisecond), g.whole.Round(time.Millisecond), g.start.Round(time.Millisecond), g.reload.Round(time.Millisecond), g.memory, g.early, g.cpu)
	}
}
