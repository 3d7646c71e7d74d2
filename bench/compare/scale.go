package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// growth is how edgegen does with so many sites.
type growth struct {
	engine                string
	sites                 int
	render, start, reload time.Duration
	memory                float64 // MiB, over all processes
}

// scale starts edgegen with more and more sites. The daemons have no more than 1,000.
func (r *results) scale(ctx context.Context, w *world, s settings) error {
	for _, engine := range []string{"builtin", "native"} {
		for _, sites := range s.sites {
			if engine == "native" && sites > 1000 {
				continue
			}
			g, err := grow(ctx, w, s, engine, sites)
			if err != nil {
				return fmt.Errorf("%s with %d sites: %w", engine, sites, err)
			}
			r.growth = append(r.growth, g)
			fmt.Fprintf(os.Stderr, "%s, %d sites: render %v, start %v, reload %v, %.0f MiB\n", engine, sites, g.render, g.start, g.reload, g.memory)
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
	up := exec.Command(path, "up", "--engine", engine, "--state-dir", state, file)
	up.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	began = time.Now()
	if err := up.Start(); err != nil {
		return g, err
	}
	p.running = []*exec.Cmd{up}
	defer p.stop()
	for p.answers() != nil {
		if ctx.Err() != nil || time.Since(began) > 5*time.Minute {
			return g, fmt.Errorf("it does not serve after %v", time.Since(began))
		}
		time.Sleep(10 * time.Millisecond) // between two looks
	}
	g.start = time.Since(began)
	g.memory = kib(p.memory()) / 1024
	if err := write(2); err != nil {
		return g, err
	}
	began = time.Now()
	if said, err := exec.CommandContext(ctx, path, "reload", "--state-dir", state).CombinedOutput(); err != nil {
		return g, fmt.Errorf("reload: %w: %.300s", err, said)
	}
	g.reload = time.Since(began)
	return g, nil
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
	b.WriteString("\n## Number of sites\n\nOne backend and one directory each. A start is until the first answer, a reload changes one site. Render is of all three daemons' files.\n\n| engine | sites | render | start | reload | memory |\n|---|---|---|---|---|---|\n")
	for _, g := range r.growth {
		fmt.Fprintf(b, "| %s | %d | %v | %v | %v | %.0f MiB |\n", g.engine, g.sites, g.render.Round(time.Millisecond), g.start.Round(time.Millisecond), g.reload.Round(time.Millisecond), g.memory)
	}
}
