package supervise

import (
	"math/rand/v2"
	"time"
)

// Policy says when a process that died is started again. The zero value of
// each field stands for the default named beside it.
type Policy struct {
	FirstPause   time.Duration // after the first failure; 100 ms
	LongestPause time.Duration // what doubling it leads up to; 30 s
	StableAfter  time.Duration // ready for so long, earlier failures are forgotten; 10 s
	CrashLimit   int           // so many failures in a row make the state failed; 5

	// Jitter returns a number in [0,1) and is called from Run; nil is a random
	// one. It takes up to a quarter off every pause.
	Jitter func() float64
}

func (p Policy) completed() Policy {
	if p.FirstPause <= 0 {
		p.FirstPause = 100 * time.Millisecond
	}
	if p.LongestPause <= 0 {
		p.LongestPause = 30 * time.Second
	}
	if p.StableAfter <= 0 {
		p.StableAfter = 10 * time.Second
	}
	if p.CrashLimit <= 0 {
		p.CrashLimit = 5
	}
	if p.Jitter == nil {
		p.Jitter = rand.Float64
	}
	return p
}

// afterFailures returns the state and the pause that follow so many failures
// in a row, at least one. A quarter of jitter keeps the pauses growing, as
// each is at least one and a half times the one before.
func (p Policy) afterFailures(failures int) (State, time.Duration) {
	state, pause := Backoff, p.FirstPause
	for range failures - 1 {
		if pause *= 2; pause >= p.LongestPause {
			break
		}
	}
	pause = min(pause, p.LongestPause)
	if failures >= p.CrashLimit {
		state, pause = Failed, p.LongestPause
	}
	return state, pause - time.Duration(p.Jitter()*float64(pause)/4)
}
