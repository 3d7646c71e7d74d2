package supervise

import (
	"syscall"
	"time"
)

// A finder returns the living processes that are to end.
type finder func() []identity

const huntPause = 20 * time.Millisecond

// ask sends each process the signal, and SIGCONT so that a stopped one can
// act on it. A process that is gone or that may not be signalled is left.
func ask(ids []identity, signal syscall.Signal) {
	for _, id := range ids {
		if id.send(signal) == nil {
			_ = id.send(syscall.SIGCONT)
		}
	}
}

// await waits until there is nothing to find, at most for limit or until
// hurry closes, and says whether nothing is left.
func await(find finder, limit time.Duration, hurry <-chan struct{}) bool {
	deadline := time.After(limit)
	tick := time.NewTicker(huntPause)
	defer tick.Stop()
	for len(find()) > 0 {
		select {
		case <-tick.C:
		case <-hurry:
			return false
		case <-deadline:
			return false
		}
	}
	return true
}

// killAll sends SIGKILL to what is found until nothing is left, or for limit
// and at least a few rounds, as one look may take long on a busy machine. It
// looks again because the dying may have forked. It returns what would not go.
func killAll(find finder, limit time.Duration) []identity {
	const leastRounds = 5
	deadline := time.Now().Add(limit)
	for round := 0; ; round++ {
		left := find()
		if len(left) == 0 || round >= leastRounds && time.Now().After(deadline) {
			return left
		}
		for _, id := range left {
			_ = id.send(syscall.SIGKILL) // an error shows in the next look
		}
		time.Sleep(huntPause / 4)
	}
}
