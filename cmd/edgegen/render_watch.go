package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"edgegen/internal/config"
	"edgegen/internal/render"
	"edgegen/internal/watch"
)

// renderRetry is how long after a failure it is tried again though no file
// changed: a full disk or a name server mends without one.
const renderRetry = 10 * time.Second

// watch writes the site, and again whenever it changes, until ctx ends.
func (r *rendering) watch(ctx context.Context) (err error) {
	reader := config.NewReader(r.site, r.flags.given)
	watcher := watch.New(watch.Options{Log: newLogger(r.streams.err, colored(r.streams.err)).Logger, Counts: reader.Counts})
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { _ = watcher.Run(ctx) }) // it ends with ctx alone, without an error
	defer func() {
		cancel()
		watching.Wait()
		err = errors.Join(err, watcher.Close())
	}()
	fmt.Fprintf(r.streams.err, "watching %s and the files that it names\n", r.site)
	told := ""
	for ctx.Err() == nil {
		// What is followed is found before it is rendered: whatever changes in
		// between is rendered once more.
		loaded, _ := reader.Load()
		watcher.Follow(append(append(loaded.Files, r.site, loaded.Root), render.TemplatePaths(r.flags.templates)...))
		var retry <-chan time.Time
		if told, err = r.writeAgain(ctx, told); err != nil {
			retry = time.After(renderRetry)
		}
		select {
		case <-watcher.Changes():
		case <-retry:
		case <-ctx.Done():
		}
	}
	return nil
}

// writeAgain writes once, and runs the command if something changed. Problems are shown
// unless they are the same as the last ones, told. It returns the problems of now.
func (r *rendering) writeAgain(ctx context.Context, told string) (string, error) {
	result, err := r.write(ctx)
	if ctx.Err() != nil {
		return told, nil
	}
	problems := r.problems(result.warnings, err)
	if problems != told {
		fmt.Fprint(r.streams.err, problems)
	}
	if err != nil {
		return problems, err
	}
	fmt.Fprintln(r.streams.err, result.message)
	if !result.changed {
		return problems, nil
	}
	// The files are right, so there is nothing to try again.
	if err := r.execute(ctx); err != nil && ctx.Err() == nil {
		fmt.Fprintf(r.streams.err, "edgegen: %v\n", err)
	}
	return problems, nil
}

// problems returns what a person is to read of the diagnostics and the error.
func (r *rendering) problems(diagnostics config.Diagnostics, err error) string {
	refused := (*config.Refused)(nil)
	rest := ""
	if errors.As(err, &refused) {
		diagnostics = refused.Diagnostics
	} else if err != nil {
		rest = fmt.Sprintf("edgegen: %v\n", err)
	}
	var text bytes.Buffer
	_ = diagnostics.WriteText(&text, colored(r.streams.err)) // a buffer takes everything
	return text.String() + rest
}
