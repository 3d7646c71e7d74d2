package main

import (
	"context"
	"fmt"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/engines"
	"edgegen/internal/explain"
	"edgegen/internal/site"
	"edgegen/internal/tones"
	"edgegen/internal/vsm"
	"edgegen/internal/wait"
)

// listener hears what varnishd logs. The zero value hears nothing.
type listener struct {
	client *api.Client
	stop   func()
}

// listen makes the edge's varnishd log everything from now on, if there is one and the
// caller wants that. The explanation does without it if it cannot be had: then nothing is
// heard, and that is no error.
func (r *runningEdge) listen(ctx context.Context) listener {
	for _, tier := range r.status.Tiers {
		if d, _ := engines.Named(site.Engine(tier.Engine)); r.listens && d.Logs != nil && !tier.StandIn {
			if stop, err := r.client.Eavesdrop(ctx); err == nil {
				return listener{r.client, stop}
			}
		}
	}
	return listener{}
}

// logged waits for what varnishd has logged of a request from a port of this machine.
func (l listener) logged(ctx context.Context, target string, port int) []vsm.Logged {
	if l.client == nil || port == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, linePatience)
	defer cancel()
	for {
		records, err := l.client.Logged(ctx, target, port)
		if err != nil || len(records) > 0 {
			return records
		}
		if !wait.For(ctx, 50*time.Millisecond) {
			return nil
		}
	}
}

func (l listener) end() {
	if l.stop != nil {
		l.stop()
	}
}

// varnishTable is what varnishd has logged, for people.
func varnishTable(records []vsm.Logged) *table {
	rows := newTable("", "", "VARNISHD LOGGED")
	last := int64(0)
	for _, r := range explain.Brief(records) {
		of := ""
		if r.Transaction != last {
			of = fmt.Sprintf("%s %d", map[string]string{"Request": "request", "BeReq": "fetch"}[r.Kind], r.Transaction)
		}
		last = r.Transaction
		rows.add("", cell{of, tones.Dim}, cell{text: r.Tag}, cell{text: r.Value})
	}
	return rows
}
