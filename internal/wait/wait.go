// Package wait waits between two looks at something that is to come.
package wait

import (
	"context"
	"time"
)

// For waits for d, and reports whether ctx let it: false means that ctx ended first.
func For(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
