package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"edgegen/internal/printable"

	"golang.org/x/term"

	"edgegen/internal/api"
)

// watchStatus shows the status again and again until the context ends. That
// there is no edge at the beginning is an error; later it is shown, as the edge
// may be started again.
func (s streams) watchStatus(ctx context.Context, client *api.Client, every time.Duration, asJSON bool) error {
	status, err := askStatus(ctx, client)
	if err != nil && ctx.Err() == nil {
		return err
	}
	show := s.showChange()
	if file, ok := s.out.(*os.File); ok && !asJSON && term.IsTerminal(int(file.Fd())) {
		show = showScreen(file, statusText)
		defer fmt.Fprint(file, wrapLines)
	} else if asJSON {
		show = s.showJSONChange()
	}
	turn := time.NewTicker(every)
	defer turn.Stop()
	for ctx.Err() == nil {
		if err := show(status, err); err != nil {
			return err
		}
		select {
		case <-turn.C:
			status, err = askStatus(ctx, client)
		case <-ctx.Done():
		}
	}
	return nil
}

// showChange returns a function that prints a status where it is another than
// the last one, as a block with the time above it.
func (s streams) showChange() func(api.Status, error) error {
	changed := newComparison()
	return func(status api.Status, asked error) error {
		if !changed(status, asked) {
			return nil
		}
		now := time.Now()
		text := statusText(status, now, false, 0)
		if asked != nil {
			text = asked.Error() + "\n"
		}
		_, err := fmt.Fprintf(s.out, "%s\n%s\n", now.Format(time.DateTime), text)
		return err
	}
}

// showJSONChange is showChange for a program: a value for each change, and on
// stderr that there is no edge.
func (s streams) showJSONChange() func(api.Status, error) error {
	changed := newComparison()
	return func(status api.Status, asked error) error {
		switch {
		case !changed(status, asked):
			return nil
		case asked != nil:
			_, err := fmt.Fprintf(s.err, "edgegen: %v\n", asked)
			return err
		}
		return printJSON(s.out, status)
	}
}

// newComparison returns a function that reports whether a status, or the error
// in its place, is another than the one before. That time passes is no change.
func newComparison() func(api.Status, error) bool {
	last := ""
	return func(status api.Status, asked error) bool {
		status.Uptime = 0
		text, err := json.Marshal(status)
		if asked != nil || err != nil {
			text = fmt.Append(nil, asked, err)
		}
		changed := string(text) != last
		last = string(text)
		return changed
	}
}

// showScreen returns a function that draws what was asked for, as textOf writes it, or
// why it was not told, over what it drew last.
func showScreen[T any](terminal *os.File, textOf func(told T, now time.Time, color bool, width int) string) func(T, error) error {
	drawn := 0
	return func(told T, asked error) error {
		_, height, err := term.GetSize(int(terminal.Fd()))
		if err != nil {
			return fmt.Errorf("measure the terminal: %w", err)
		}
		text := textOf(told, time.Now(), colored(terminal), columns(terminal))
		if asked != nil {
			text = printable.Text(asked.Error()) + "\n"
		}
		frame, lines := redraw(text, drawn, height)
		drawn = lines
		_, err = io.WriteString(terminal, frame)
		return err
	}
}

// wrapLines has a terminal break long lines again.
const wrapLines = "\x1b[?7h"

// redraw returns what draws a text over the lines that were drawn last, as one
// write that never leaves the screen empty, and how many lines it has. Lines
// that the screen has no place for are left out.
func redraw(text string, drawn, height int) (frame string, lines int) {
	const cutLines, toEndOfLine, toEndOfScreen = "\x1b[?7l", "\x1b[K", "\x1b[J"
	all := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	all = all[:min(len(all), max(height-1, 1))]
	up := ""
	if drawn > 0 {
		// The screen may have become smaller since.
		up = fmt.Sprintf("\x1b[%dA", min(drawn, max(height-1, 1)))
	}
	return cutLines + up + "\r" + strings.Join(all, toEndOfLine+"\n") + toEndOfLine + "\n" + toEndOfScreen, len(all)
}
