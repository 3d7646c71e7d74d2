package vsm

import (
	"errors"
	"os"
	"slices"
	"sync"
	"time"
)

// Follower reads the logs of varnishd's children, one after the other. Make one with
// Follow, and stop it.
type Follower struct {
	dir     string
	each    func(*Transaction)
	trouble func(error)

	done chan struct{}
	wait sync.WaitGroup

	mu    sync.Mutex
	log   *log // nil before the first
	index index
	stays bool  // no other log is looked for
	told  error // what was wrong when it was looked for last
}

const (
	// readPause is as long as nobody minds: to wake up costs as much as to read of a
	// hundred requests, and the ring holds those of seconds.
	readPause = 200 * time.Millisecond
	// lookPause is how often another child's log is looked for, which has all in it when
	// it is found.
	lookPause = 5 * readPause
)

// Follow hands over each transaction that ends from now on, from one goroutine at a
// time, with nothing missing where varnishd starts another child. dir is varnishd's
// working directory, which need not be there yet. The trouble is ErrLost, each time, or
// why a log cannot be read, once.
func Follow(dir string, each func(*Transaction), trouble func(error)) *Follower {
	f := &Follower{dir: dir, each: each, trouble: trouble, done: make(chan struct{})}
	if err := f.look(true); err != nil {
		f.tell(err)
	}
	f.wait.Go(f.run)
	return f
}

// Stop reads to the end, and returns when nothing more is handed over.
func (f *Follower) Stop() {
	close(f.done)
	f.wait.Wait()
	if err := f.Look(); err != nil {
		f.tell(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.read()
	if f.log != nil {
		_ = f.log.close() // it was mapped
		f.log = nil
	}
	f.stays = true
}

// Stay has it read no other log than the one that it reads: the directory is going to be
// another varnishd's.
func (f *Follower) Stay() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stays = true
}

// Read hands over what has ended until now.
func (f *Follower) Read() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.read()
}

// Look returns why the log of the child that runs now cannot be read.
func (f *Follower) Look() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.look(false)
}

func (f *Follower) run() {
	reads := time.NewTicker(readPause)
	defer reads.Stop()
	for n := 1; ; n++ {
		select {
		case <-f.done:
			return
		case <-reads.C:
		}
		f.Read()
		if n%int(lookPause/readPause) == 0 {
			if err := f.Look(); err != nil {
				f.tell(err)
			}
		}
	}
}

// read hands over what has come. The caller has the lock.
func (f *Follower) read() {
	if f.log == nil || f.log.damaged {
		return
	}
	if err := f.log.read(f.each); err != nil {
		f.log.damaged = !errors.Is(err, ErrLost)
		f.trouble(err)
	}
}

// look opens the log that is there now, where that is another one than before. What is
// in the one before has come then. The caller has the lock.
func (f *Follower) look(first bool) error {
	if f.stays {
		return nil
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil // there is no varnishd yet
	}
	defer root.Close()
	pieces, err := f.index.read(root)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(pieces, func(p piece) bool { return p.class == "Log" })
	if at < 0 || f.log != nil && f.log.at == pieces[at] {
		return nil
	}
	begin := (*log).fromStart
	if first {
		begin = (*log).fromHere
	}
	next, err := open(root, pieces[at], begin)
	if errors.Is(err, errEarly) || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if first {
		err = next.read(func(*Transaction) {}) // what has ended already
	}
	if f.log != nil {
		f.read()
		err = errors.Join(err, f.log.close())
	}
	f.log = next
	f.read()
	return err
}

// tell tells once what is wrong.
func (f *Follower) tell(err error) {
	f.mu.Lock()
	known := f.told != nil && f.told.Error() == err.Error()
	f.told = err
	f.mu.Unlock()
	if !known {
		f.trouble(err)
	}
}
