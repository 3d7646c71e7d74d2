package supervise

import "slices"

// State is where a process stands.
type State string

const (
	Stopped  State = "stopped"  // not running and not to be started; the state before Run too
	Starting State = "starting" // being started, not ready yet
	Running  State = "running"  // ready; also while it is being stopped
	Backoff  State = "backoff"  // died or did not start; a pause goes by before the next start
	Failed   State = "failed"   // keeps dying; started again at the longest pause only
)

// transitions are the legal changes of state.
var transitions = map[State][]State{
	Stopped:  {Starting},
	Starting: {Starting, Running, Backoff, Failed, Stopped},
	Running:  {Starting, Backoff, Failed, Stopped},
	Backoff:  {Starting, Stopped},
	Failed:   {Starting, Stopped},
}

// mayBecome says whether a process in state s may go to next. Starting may
// follow itself: a restart that is asked for during a start.
func (s State) mayBecome(next State) bool {
	return slices.Contains(transitions[s], next)
}
