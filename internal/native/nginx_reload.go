package native

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Reload has the running nginx, whose number the caller knows, read the files of the
// generation that was adopted last. It returns when the generation is served and every
// worker of before has stopped taking requests; such a worker still ends those that it
// has begun. The error is a *Refusal if nginx refuses its file and goes on with the old
// one, and ErrNotTold if nginx could not even be told. A ctx without a deadline gets one.
func (n *Nginx) Reload(ctx context.Context, pid int, signal func(syscall.Signal) error) error {
	ctx, cancel := limited(ctx, reloadTime)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return notTold("nginx", err)
	}
	before, err := nginxWorkers(pid)
	if err != nil {
		return notTold("nginx", err)
	}
	defer n.said.begin()()
	if err := signal(syscall.SIGHUP); err != nil {
		return notTold("nginx", err)
	}
	var refusal *Refusal
	err = untilServed(ctx, func() error {
		if refusal = n.refusal(); refusal != nil {
			return nil
		}
		answer := n.Probe(ctx)
		if answer != nil && !errors.Is(answer, ErrBusy) {
			return answer
		}
		now, err := nginxWorkers(pid)
		if err != nil {
			return err
		}
		for _, worker := range before {
			if !worker.leaving && slices.Contains(now, worker) {
				return fmt.Errorf("nginx's worker %d still serves the old generation", worker.pid)
			}
		}
		return answer
	})
	if refusal != nil {
		return refusal
	}
	return err
}

// refusal is nil while nginx has not given up. It tries an address that is in use five
// times before that.
func (n *Nginx) refusal() *Refusal {
	said := n.said.lines("[emerg]")
	final := slices.ContainsFunc(said, func(line string) bool {
		return !strings.Contains(line, ": bind() to ")
	})
	if !final {
		return nil
	}
	return &Refusal{Daemon: "nginx", Said: said}
}

// nginxWorker is one worker of a master.
type nginxWorker struct {
	pid     int
	leaving bool // takes nothing new
}

// NginxWorkers counts the workers of a master: those that take requests, and
// those that only end what they have begun under an older configuration. There
// are none where the master has gone.
func NginxWorkers(pid int) (serving, leaving int, err error) {
	workers, err := nginxWorkers(pid)
	for _, worker := range workers {
		if worker.leaving {
			leaving++
		} else {
			serving++
		}
	}
	return serving, leaving, err
}

// nginxWorkers takes every child for a worker, since a new one has its title a
// moment later, and knows by their titles those that leave.
func nginxWorkers(pid int) ([]nginxWorker, error) {
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for nginx's workers: %w", err)
	}
	var workers []nginxWorker
	for child := range strings.FieldsSeq(string(children)) {
		title, err := os.ReadFile("/proc/" + child + "/cmdline")
		if err != nil || len(title) == 0 {
			continue // it has ended meanwhile
		}
		number, err := strconv.Atoi(child)
		if err != nil {
			return nil, fmt.Errorf("look for nginx's workers: %w", err)
		}
		workers = append(workers, nginxWorker{number, bytes.Contains(title, []byte("is shutting down"))})
	}
	return workers, nil
}
