package dataplane

import (
	"time"

	"edgegen/internal/site"
)

// pace holds a client that sends a body to a least speed: whenever limit has been spent
// waiting for the client, site.BodyProgress bytes must have come. Time in which nobody
// waits for it, because the app takes the body slowly, does not count.
type pace struct {
	limit time.Duration
	spent time.Duration // waiting, since enough came
	came  int64
}

// left is how much longer the client may be waited for.
func (p *pace) left() time.Duration { return p.limit - p.spent }

// note counts bytes that came after a wait.
func (p *pace) note(bytes int, waited time.Duration) {
	p.spent += waited
	if p.came += int64(bytes); p.came >= site.BodyProgress {
		p.spent, p.came = 0, 0
	}
}
