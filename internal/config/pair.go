package config

import (
	"time"

	"edgegen/internal/certificate"
)

// pairFiles names the two files of a certificate.
type pairFiles struct{ certificate, key string }

// reading is a certificate that was read, and the files as they were then.
type reading struct {
	certificate, key sight
	pair             certificate.Pair
	err              error
}

// pair reads a certificate once a load, and not at all where its files are
// what they were when an earlier load read them. The files are looked at
// before they are read, so that a change between the two is seen the next time.
func (l *loader) pair(files pairFiles) (certificate.Pair, error) {
	if done, ok := l.memory.pairs[files]; ok {
		return done.pair, done.err
	}
	now := &reading{certificate: l.look(files.certificate), key: l.look(files.key)}
	if before, ok := l.before.pairs[files]; ok && before.holds(now) {
		now = before
	} else {
		now.pair, now.err = certificate.Load(files.certificate, files.key)
	}
	l.memory.pairs[files] = now
	return now.pair, now.err
}

// holds reports whether reading the files anew would give the same. After an error it
// does not, since the reason need not be in the file.
func (r *reading) holds(now *reading) bool {
	return r.err == nil && r.certificate.settled && r.key.settled &&
		r.certificate.stamp == now.certificate.stamp && r.key.stamp == now.key.stamp
}

// use counts a certificate among what was loaded.
func (l *loader) use(files pairFiles, pair certificate.Pair) {
	l.certificates[files] = pair
	l.note.use(files, pair, validityOf(pair, l.now()))
}

// madeOf counts a file among those that the site is made of.
func (l *loader) madeOf(path string) {
	l.files = append(l.files, path)
	l.note.madeOf(path)
}

// validity is what the dates of a certificate say at a time.
type validity int

const (
	valid validity = iota
	expired
	notYetValid
	endsSoon
)

func validityOf(pair certificate.Pair, now time.Time) validity {
	switch left := pair.Leaf.NotAfter.Sub(now); {
	case left <= 0:
		return expired
	case now.Before(pair.Leaf.NotBefore):
		return notYetValid
	case left < certificate.Notice:
		return endsSoon
	}
	return valid
}
