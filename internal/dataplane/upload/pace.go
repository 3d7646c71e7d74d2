package upload

import (
	"time"

	"edgegen/internal/site"
)

// Pace holds a client that sends a body to a least speed: whenever Limit has been spent
// waiting for the client, site.BodyProgress bytes must have come. Time in which nobody
// waits for it, because the app takes the body slowly, does not count.
type Pace struct {
	Limit time.Duration
	spent time.Duration // waiting, since enough came
	came  int64
}

// Left is how much longer the client may be waited for.
func (p *Pace) Left() time.Duration { return p.Limit - p.spent }

// Note counts bytes that came after a wait.
func (p *Pace) Note(bytes int, waited time.Duration) {
	p.spent += waited
	if p.came += int64(bytes); p.came >= site.BodyProgress {
		p.spent, p.came = 0, 0
	}
}
