package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"edgegen/internal/atomicfile"
	"edgegen/internal/site"
)

const (
	remembered = 24 * time.Hour // for how long a purge is known
	most       = 4096           // purges
)

// record is a purge that a member was asked for.
type record struct {
	ID   string     `json:"id"`
	At   time.Time  `json:"at"`
	What site.Purge `json:"what"`
}

// purgeLog is the purges of the last day, wherever they were asked for.
type purgeLog struct {
	path string // where it is kept; "" for nowhere

	mu      sync.Mutex
	kept    keptLog
	known   map[string]bool
	digest  uint64 // of the names of the records
	unsaved bool
}

// keptLog is what is kept on the disk.
type keptLog struct {
	// Floor is that of the last purge that is not known any more; the zero time where
	// all are.
	Floor time.Time `json:"floor"`
	// Synced is when this member was in step with each other one, by their names.
	Synced  map[string]time.Time `json:"synced"`
	Began   time.Time            `json:"began"` // the log
	Records []record             `json:"records"`
}

// openLog reads a log, or begins one.
func openLog(path string) (*purgeLog, error) {
	l := &purgeLog{path: path, known: map[string]bool{}}
	l.kept = keptLog{Began: time.Now(), Synced: map[string]time.Time{}}
	if path == "" {
		return l, nil
	}
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return l, nil
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(data, &l.kept); err != nil {
		return nil, fmt.Errorf("read %s: %w; without it, a member forgets nothing that was purged while it was away", path, err)
	}
	for _, r := range l.kept.Records {
		l.known[r.ID] = true
		l.digest ^= xxhash.Sum64String(r.ID)
	}
	if l.kept.Synced == nil {
		l.kept.Synced = map[string]time.Time{}
	}
	return l, nil
}

// add notes purges, and returns those that were not known.
func (l *purgeLog) add(now time.Time, records ...record) (fresh []record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range records {
		if l.known[r.ID] || now.Sub(r.At) > remembered {
			continue
		}
		l.known[r.ID] = true
		l.digest ^= xxhash.Sum64String(r.ID)
		l.kept.Records = append(l.kept.Records, r)
		fresh = append(fresh, r)
	}
	l.unsaved = l.unsaved || len(fresh) > 0
	l.tidy(now)
	return fresh
}

// tidy lets go of old records; the lock is held.
func (l *purgeLog) tidy(now time.Time) {
	slices.SortStableFunc(l.kept.Records, func(a, b record) int { return a.At.Compare(b.At) })
	gone := 0
	for i, r := range l.kept.Records {
		if now.Sub(r.At) > remembered || len(l.kept.Records)-i > most {
			gone = i + 1
			delete(l.known, r.ID)
			l.digest ^= xxhash.Sum64String(r.ID)
			l.kept.Floor = r.At
		}
	}
	l.kept.Records = slices.Delete(l.kept.Records, 0, gone)
	l.unsaved = l.unsaved || gone > 0
}

// sum is the digest, and up to when purges are forgotten.
func (l *purgeLog) sum(now time.Time) (digest uint64, floor time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tidy(now)
	return l.digest, l.kept.Floor
}

// ids are the names of all records.
func (l *purgeLog) ids() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]string, 0, len(l.kept.Records))
	for _, r := range l.kept.Records {
		all = append(all, r.ID)
	}
	return all
}

// compare finds the records that another member lacks, and the names of those that this
// one lacks.
func (l *purgeLog) compare(theirs []string) (lacking []record, wanted []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	has := make(map[string]bool, len(theirs))
	for _, id := range theirs {
		has[id] = true
		if !l.known[id] {
			wanted = append(wanted, id)
		}
	}
	for _, r := range l.kept.Records {
		if !has[r.ID] {
			lacking = append(lacking, r)
		}
	}
	return lacking, wanted
}

// named are the records of these names.
func (l *purgeLog) named(ids []string) (all []record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.kept.Records {
		if slices.Contains(ids, r.ID) {
			all = append(all, r)
		}
	}
	return all
}

// inStep notes that this member and another have carried out the same purges.
func (l *purgeLog) inStep(name string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unsaved = l.unsaved || now.Sub(l.kept.Synced[name]) > time.Minute
	l.kept.Synced[name] = now
}

// missed reports whether there may have been purges that another member, which knows them
// from floor on, cannot tell this one of any more.
func (l *purgeLog) missed(name string, floor time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, ok := l.kept.Synced[name]
	if !ok {
		last = l.kept.Began
	}
	return floor.After(last)
}

// save writes what has changed.
func (l *purgeLog) save() error {
	l.mu.Lock()
	if l.path == "" || !l.unsaved {
		l.mu.Unlock()
		return nil
	}
	data, err := json.Marshal(&l.kept)
	l.unsaved = false
	l.mu.Unlock()
	if err == nil {
		err = atomicfile.Write(l.path, data, 0o600)
	}
	if err != nil {
		l.mu.Lock()
		l.unsaved = true
		l.mu.Unlock()
	}
	return err
}

func (l *purgeLog) has(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known[id]
}
