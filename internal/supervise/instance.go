package supervise

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
)

const markerLength = 32 // hexadecimal digits

// InstanceConfig says where an instance keeps its ledger and how to start its
// guardian.
type InstanceConfig struct {
	// Directory is the state directory, absolute; it must exist and be locked
	// by the caller, see AcquireLock.
	Directory string

	// Guardian are the arguments with which this very program calls
	// GuardianMain at once.
	Guardian []string

	// Logger hears of trouble with the guardian and the ledger; nil is silence.
	Logger *slog.Logger
}

// Instance guards what one run of the program starts. As process 1, which is
// given all orphans, it reaps those too. Make one with OpenInstance and close
// it. Its methods may be called from any goroutine. A
// nil Instance guards nothing.
type Instance struct {
	config  InstanceConfig
	ledger  ledger
	closing chan struct{}
	watched sync.WaitGroup

	children atomic.Uint64 // started so far

	mu       sync.Mutex
	book     book
	guardian *guardian // nil while a dead guardian is being replaced
}

// OpenInstance begins a ledger and starts a guardian. CleanUp must have been
// called before, as the ledger of an earlier run is overwritten.
func OpenInstance(config InstanceConfig) (*Instance, error) {
	random := make([]byte, markerLength/2)
	if _, err := rand.Read(random); err != nil {
		return nil, fmt.Errorf("make instance marker: %w", err)
	}
	own, err := inspect(os.Getpid())
	if err != nil {
		return nil, fmt.Errorf("inspect own process: %w", err)
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	i := &Instance{
		config:  config,
		ledger:  ledgerIn(config.Directory),
		closing: make(chan struct{}),
		book:    book{marker: hex.EncodeToString(random), boot: bootID(), since: own.start},
	}
	// The ledger is the first path, and so the last to be removed.
	for _, path := range []string{i.ledger.path, i.ledger.next()} {
		if err := i.book.apply(pathLine(path)); err != nil {
			return nil, fmt.Errorf("open ledger: %w", err)
		}
	}
	if err := i.appoint(); err != nil {
		return nil, err
	}
	i.watched.Go(i.watch)
	if os.Getpid() == 1 {
		i.watched.Go(func() { i.reapOrphans(orphanPause, i.closing) })
	}
	return i, nil
}

// Stands reports whether the ledger is where the next run looks for it.
func (i *Instance) Stands() bool {
	_, err := os.Lstat(i.ledger.path)
	return err == nil
}

// Rewrite writes the ledger again, which has gone.
func (i *Instance) Rewrite() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err := i.ledger.write(&i.book); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	return nil
}

// RemoveAtEnd has the path removed, with all that is in it, when the instance
// ends, however it ends. The path is absolute and clean; it need not exist yet.
func (i *Instance) RemoveAtEnd(path string) error {
	if err := checkPath(path); err != nil {
		return fmt.Errorf("remember to remove: %w", err)
	}
	i.record(pathLine(path))
	return nil
}

// Close ends what is still there, removes the paths, and dismisses the
// guardian. It is called once, and every Runner must have returned from Run
// before. When ctx ends, Close
// gives up being polite. The error names what could not be ended or removed.
func (i *Instance) Close(ctx context.Context) error {
	if i == nil {
		return nil
	}
	close(i.closing)
	i.watched.Wait()
	i.mu.Lock()
	defer i.mu.Unlock()
	var problems []error
	if found := i.book.findLive(); len(found) > 0 {
		ask(found, syscall.SIGTERM)
		await(i.book.findLive, guardianGrace, ctx.Done())
	}
	if left := killAll(i.book.findLive, clearLimit); len(left) > 0 {
		problems = append(problems, fmt.Errorf("%d processes survive SIGKILL", len(left)))
	}
	i.book.removePaths(func(err error) { problems = append(problems, err) })
	if i.guardian != nil {
		ctx, cancel := context.WithTimeout(ctx, guardianWriteTimeout)
		defer cancel()
		problems = append(problems, i.guardian.dismiss(ctx))
	}
	return errors.Join(problems...)
}

// newMarker returns the marker of one more child. No two have the same one, for
// two of one name may run beside each other.
func (i *Instance) newMarker(name string) string {
	if i == nil {
		return ""
	}
	return fmt.Sprintf("%s/%d/%s", i.book.marker, i.children.Add(1), name) // the book's never changes
}

// hold makes a new child known; release says that its group has ended.
func (i *Instance) hold(leader identity, name string) {
	if i == nil {
		return
	}
	session := 0
	if info, err := inspect(leader.pid); err == nil {
		session = info.session
	}
	i.record(group{leader: leader, session: session, name: name}.line())
}

func (i *Instance) release(leader identity) { i.record(goneLine(leader)) }

// record enters a line into the book and tells the ledger and the guardian.
// Either may fail without harm while the other works, so trouble is logged.
func (i *Instance) record(line string) {
	if i == nil {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if err := i.book.apply(line); err != nil {
		i.warn("supervision record refused", "error", err)
		return
	}
	if err := i.ledger.write(&i.book); err != nil {
		i.warn("ledger not written", "error", err)
	}
	if i.guardian == nil {
		return // the next one is told the whole book
	}
	if err := i.guardian.tell(line); err != nil {
		i.warn("guardian not told", "error", err)
	}
}

func (i *Instance) warn(message string, details ...any) {
	if i != nil {
		i.config.Logger.Warn(message, details...)
	}
}
