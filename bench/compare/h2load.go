package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	version1 = 1
	version2 = 2
)

// h2loadEnds is how long h2load may take besides the round.
const h2loadEnds = 30 * time.Second

// h2load is a load that h2load makes.
type h2load struct {
	version int
	clients int
	path    string
	post    bool
	weight  float64 // units that an answer counts for
}

var counted = regexp.MustCompile(`requests: \d+ total, \d+ started, \d+ done, (\d+) succeeded, (\d+) failed, (\d+) errored`)

func (h h2load) run(s settings) func(context.Context, *world, *peer) (turn, error) {
	return func(ctx context.Context, w *world, p *peer) (turn, error) {
		times := filepath.Join(w.dir, "times")
		arguments := []string{"-t1", "-c", strconv.Itoa(h.clients), "-D", fmt.Sprintf("%dms", s.round.Milliseconds()), "--connect-to=" + p.address, "--log-file=" + times}
		if h.version == version1 {
			arguments = append(arguments, "--h1")
		} else if h.weight == 1 {
			arguments = append(arguments, "-m", "32")
		}
		if h.post {
			arguments = append(arguments, "-d", w.body)
		}
		_, port, _ := strings.Cut(p.address, ":")
		// It has been seen to go on for ever after a round.
		ctx, cancel := context.WithTimeout(ctx, s.round+h2loadEnds)
		defer cancel()
		began := time.Now()
		said, err := exec.CommandContext(ctx, "h2load", append(arguments, "https://"+host+":"+port+h.path)...).CombinedOutput()
		took := time.Since(began)
		defer os.Remove(times)
		if err != nil {
			return turn{}, fmt.Errorf("h2load: %w: %.300s", err, said)
		}
		found := counted.FindSubmatch(said)
		if found == nil {
			return turn{}, fmt.Errorf("h2load says %.300q", said)
		}
		done, _ := strconv.ParseFloat(string(found[1]), 64)
		failed, _ := strconv.ParseFloat(string(found[2]), 64)
		if done == 0 || failed > done/100 {
			return turn{}, fmt.Errorf("%v answers and %v failures: %.600s", done, failed, said)
		}
		t := turn{done: done * h.weight, rate: done * h.weight / min(took.Seconds(), s.round.Seconds())}
		t.p50, t.p99, err = percentiles(times)
		return t, err
	}
}

// percentiles reads the times of a log: three columns, of which the last is µs.
func percentiles(path string) (p50, p99 time.Duration, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	var all []int
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if columns := strings.Fields(lines.Text()); len(columns) == 3 {
			if n, err := strconv.Atoi(columns[2]); err == nil {
				all = append(all, n)
			}
		}
	}
	if len(all) == 0 {
		return 0, 0, lines.Err()
	}
	slices.Sort(all)
	at := func(share float64) time.Duration {
		return time.Duration(all[int(share*float64(len(all)-1))]) * time.Microsecond
	}
	return at(0.5), at(0.99), lines.Err()
}
