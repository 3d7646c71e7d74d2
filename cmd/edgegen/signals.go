package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// signals are what a person or a service manager asks of a running edge.
type signals struct {
	first, second  context.Context // end with the first and second SIGINT or SIGTERM
	hangup, reopen chan struct{}   // SIGHUP and SIGUSR1; several that wait are one
	incoming       chan os.Signal
	over, finished chan struct{}
	endFirst       context.CancelFunc
	endSecond      context.CancelFunc
}

// listenForSignals takes the signals until it is closed. From then on, and for
// good, a reader of stdout or stderr that has gone away is the error of a write,
// and no longer the end of this process.
func listenForSignals(ctx context.Context) *signals {
	s := &signals{
		hangup: make(chan struct{}, 1), reopen: make(chan struct{}, 1),
		incoming: make(chan os.Signal, 4), over: make(chan struct{}), finished: make(chan struct{}),
	}
	s.first, s.endFirst = context.WithCancel(ctx)
	s.second, s.endSecond = context.WithCancel(context.WithoutCancel(ctx))
	signal.Notify(s.incoming, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1)
	// Nobody receives from the channel: asking for the signal keeps it from killing this
	// process. To ignore the signal would do so in the children too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go s.run()
	return s
}

func (s *signals) run() {
	defer close(s.finished)
	ends := []context.CancelFunc{s.endFirst, s.endSecond}
	for {
		select {
		case <-s.over:
			return
		case received := <-s.incoming:
			switch {
			case received == syscall.SIGHUP:
				ask(s.hangup)
			case received == syscall.SIGUSR1:
				ask(s.reopen)
			case len(ends) > 0:
				ends[0]()
				ends = ends[1:]
			}
		}
	}
}

func ask(asked chan<- struct{}) {
	select {
	case asked <- struct{}{}:
	default: // it is asked already
	}
}

func (s *signals) close() {
	signal.Stop(s.incoming)
	close(s.over)
	<-s.finished
	s.endFirst()
	s.endSecond()
}
