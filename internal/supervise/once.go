package supervise

import (
	"context"
	"fmt"
)

// Once runs a process that is to end by itself, such as a check of a
// configuration, under the same guards as one that is kept running. Ready,
// Prepare and OnChange are not used. Where ctx ends first the process is
// stopped and the error is ctx's cause; an exit status is no error.
func Once(ctx context.Context, p Process, instance *Instance) (Exit, error) {
	p, err := p.completed()
	if err != nil {
		return Exit{}, err
	}
	c, err := instance.launch(p)
	if err != nil {
		return Exit{}, err
	}
	select {
	case <-c.done():
		return c.exit(), nil
	case <-ctx.Done():
		endChild(context.Background(), p, c)
		return c.exit(), fmt.Errorf("run %s: %w", p.Name, context.Cause(ctx))
	}
}
