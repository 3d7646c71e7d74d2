package supervise

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	// guardianGrace and clearLimit together stay below the two seconds within
	// which everything must be gone, with room for a busy machine.
	guardianGrace = 700 * time.Millisecond
	guardianReady = "ready\n"
)

// GuardianMain is the main function of the guardian: the program that makes
// an [Instance] must call it, and exit with its result, when it is started
// with InstanceConfig.Guardian as its arguments. It must do so early, before it
// opens or prints anything.
//
// It keeps what it reads on stdin. When stdin ends without a goodbye, it ends
// the processes, with SIGTERM first, and removes the paths. It tells stderr
// what it did. The result is 0, or 1 where something would not go.
func GuardianMain(stdin io.Reader, stdout, stderr io.Writer) int {
	// Whatever ends the supervised program must not end its guardian. SIGPIPE
	// comes from a stderr that died with it.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT,
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPIPE)
	// If telling fails, there is nobody to tell that.
	complain := func(err error) { fmt.Fprintf(stderr, "guardian: %v\n", err) }
	if _, err := io.WriteString(stdout, guardianReady); err != nil {
		complain(err)
	}
	var kept book
	if err := kept.read(stdin, complain); err != nil {
		complain(err) // as good as an end: nothing more will come
	}
	if kept.goodbye {
		return 0
	}
	if kept.marker == "" {
		kept.readOwn(ledger{os.Getenv(ledgerName)}, complain)
	}
	return kept.settle(stderr, complain)
}

// readOwn reads a ledger that names this guardian, for one that was told
// nothing. Any other is somebody else's, such as the next run's.
func (b *book) readOwn(l ledger, complain func(error)) {
	own, err := inspect(os.Getpid())
	if err != nil {
		complain(err)
		return
	}
	found, err := l.read(complain)
	if err != nil {
		complain(err)
		return
	}
	if found != nil && found.guardian == own.identity {
		*b = *found
	}
}

// settle ends and removes everything in the book.
func (b *book) settle(stderr io.Writer, complain func(error)) int {
	found := b.findLive()
	ask(found, syscall.SIGTERM)
	await(b.findLive, guardianGrace, nil)
	left := killAll(b.findLive, clearLimit)
	removed := b.removePaths(complain)
	if len(found)+len(removed) > 0 {
		fmt.Fprintf(stderr, "guardian: ended %d processes and removed %d paths that were left behind\n", len(found), len(removed))
	}
	if len(left) > 0 {
		complain(fmt.Errorf("%d processes survive SIGKILL", len(left)))
		return 1
	}
	return 0
}
