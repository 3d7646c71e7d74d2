package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Answer answers a message of another member.
func (c *Cluster) Answer(ctx context.Context, kind string, message []byte) ([]byte, error) {
	var out any
	var err error
	switch kind {
	case beatKind:
		out, err = answer(message, func(in *beat) (any, error) { return c.answerBeat(in) })
	case exchangeKind:
		out, err = answer(message, func(in *exchange) (any, error) { return c.answerExchange(ctx, in) })
	case purgeKind:
		out, err = answer(message, func(in *purging) (any, error) { return c.answerPurge(ctx, in) })
	default:
		err = fmt.Errorf("a member asks for %q, which this version does not know", kind)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

func answer[In any](message []byte, by func(*In) (any, error)) (any, error) {
	var in In
	if err := json.Unmarshal(message, &in); err != nil {
		return nil, fmt.Errorf("read a member's message: %w", err)
	}
	return by(&in)
}

func (c *Cluster) answerBeat(in *beat) (beat, error) {
	now := time.Now()
	digest, floor := c.purges.sum(now)
	if in.ID != c.id && in.Name != "" && in.Digest == digest && !c.purges.missed(in.Name, in.Floor) {
		c.purges.inStep(in.Name, now)
	}
	return beat{ID: c.id, Digest: digest, Floor: floor}, nil
}

// answerExchange tells a member what it lacks. Where this one has been away for longer than
// the other remembers, it forgets all first: the other is about to ask it for answers.
func (c *Cluster) answerExchange(ctx context.Context, in *exchange) (compared, error) {
	if in.Name != "" && c.purges.missed(in.Name, in.Floor) {
		if err := c.options.Forget(ctx); err != nil {
			return compared{}, err
		}
	}
	lacking, wanted := c.purges.compare(in.Known)
	return compared{Records: lacking, Wanted: wanted}, nil
}

func (c *Cluster) answerPurge(ctx context.Context, in *purging) (carriedOut, error) {
	var out carriedOut
	for _, r := range in.Records {
		count, err := c.options.Purge(ctx, r.What)
		if err != nil {
			return out, err
		}
		out.Objects += count
		c.purges.add(time.Now(), r)
	}
	return out, nil
}
