// Command compare measures edgegen beside its peers, with the same certificate, files and
// app, and writes what it finds. `make bench` runs it; see ../README.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// settings are what the command line says.
type settings struct {
	edgegen string
	before  string // another edgegen; "" for none
	caddy   string
	out     string // a directory
	rounds  int
	round   time.Duration
	sockets int // idle WebSockets
	sites   []int
	only    *regexp.Regexp // of the loads
	peers   *regexp.Regexp
}

func main() {
	var s settings
	var only, who, sites string
	flag.StringVar(&s.edgegen, "edgegen", "bin/edgegen", "the edgegen to measure")
	flag.StringVar(&s.before, "before", "", "another edgegen, which takes turns with it")
	flag.StringVar(&s.caddy, "caddy", "bin/caddy", "Caddy, as built from bench/peers/caddy")
	flag.StringVar(&s.out, "out", "", "where RESULTS.md and its picture go; nowhere where it is left out")
	flag.IntVar(&s.rounds, "rounds", 5, "how often each peer has its turn at a load")
	flag.DurationVar(&s.round, "round", 3*time.Second, "how long a turn is")
	flag.IntVar(&s.sockets, "sockets", 5000, "how many idle WebSockets memory is measured with")
	flag.StringVar(&sites, "sites", "1,100,1000,10000", "with how many sites edgegen is started")
	flag.StringVar(&only, "loads", "", "a regular expression of the loads to measure")
	flag.StringVar(&who, "peers", "", "a regular expression of the peers to measure")
	flag.Parse()
	s.only, s.peers = regexp.MustCompile(only), regexp.MustCompile(who)
	for _, n := range strings.Split(sites, ",") {
		count := 0
		if _, err := fmt.Sscan(n, &count); err == nil && count > 0 {
			s.sites = append(s.sites, count)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := compare(ctx, s)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// compare starts the peers, has them take turns, and writes the results.
func compare(ctx context.Context, s settings) (err error) {
	w, err := newWorld()
	if err != nil {
		return err
	}
	defer w.close()
	var peers []*peer
	defer func() {
		for _, p := range peers {
			p.stop()
		}
	}()
	r := &results{settings: s, versions: map[string]string{}}
	for _, p := range allPeers(s) {
		if !s.peers.MatchString(p.name) {
			continue
		}
		if err := p.start(ctx, w); err != nil {
			fmt.Fprintf(os.Stderr, "%s is left out: %v\n", p.name, err)
			r.missing = append(r.missing, fmt.Sprintf("%s (%v)", p.name, err))
			p.stop()
			continue
		}
		peers = append(peers, p)
		r.peers = append(r.peers, p.name)
		r.versions[p.name] = p.version(ctx)
	}
	for _, l := range loads(s) {
		if s.only.MatchString(l.name) {
			if err := r.measure(ctx, w, l, peers); err != nil {
				return err
			}
		}
	}
	if s.only.MatchString("start") {
		if err := r.scale(ctx, w, s); err != nil {
			return err
		}
	}
	text := r.markdown()
	fmt.Print(text)
	if s.out == "" {
		return nil
	}
	if err := os.WriteFile(filepath.Join(s.out, "RESULTS.md"), []byte(text), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.out, "results.svg"), []byte(r.picture()), 0o644)
}

// measure has the peers take turns at one load, each time in another order.
func (r *results) measure(ctx context.Context, w *world, l load, peers []*peer) error {
	rounds := r.rounds
	if l.once() {
		rounds = 1
	}
	for round := range rounds {
		for i := range peers {
			p := peers[(i+round)%len(peers)]
			if !l.fits(p) {
				continue
			}
			before, err := p.spent()
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			t, err := l.run(ctx, w, p)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				r.failed = append(r.failed, fmt.Sprintf("%s, %s (%v)", l.name, p.name, err))
				fmt.Fprintf(os.Stderr, "%-22s %-28s %v\n", l.name, p.name, err)
				continue
			}
			after, err := p.spent()
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			if t.done > 0 {
				t.cpu = (after - before).Seconds() * 1e6 / t.done
			}
			r.add(l, p.name, t)
			fmt.Fprintf(os.Stderr, "%-22s %-28s %10.1f %s, %7.1f µs\n", l.name, p.name, t.rate, l.unit, t.cpu)
		}
	}
	return nil
}
