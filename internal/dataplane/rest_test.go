package dataplane

import (
	"io"
	"runtime"
	"testing"
	"time"

	"edgegen/internal/dataplane/tasks"
)

// A WebSocket in which nothing moves has no goroutine, and goes on when something does.
func TestW2Rest(t *testing.T) {
	const many = 200
	model := simple(t, rawApp(t, echoSocket))
	model.Limits.WebSockets = many
	e := start(t, model)
	before := runtime.NumGoroutine()
	for range many - 1 {
		chat(t, e)
	}
	last, talk := chat(t, e)
	eventually(t, "the app's goroutines, and few others", func() bool { return runtime.NumGoroutine()-before < many+tasks.MostResting+20 })
	for range 3 {
		_, _ = io.WriteString(last, "again\n")
		if line, err := talk.ReadString('\n'); line != "again\n" || err != nil {
			t.Fatalf("%q %v", line, err)
		}
	}
	if n := e.plane.WebSockets(); n != many {
		t.Errorf("%d open", n)
	}
}

// One that rests ends when it was idle for too long, in which case it is logged.
func TestW2RestIdle(t *testing.T) {
	model := simple(t, rawApp(t, echoSocket))
	model.Timeout.WebSocketIdle = 50 * time.Millisecond
	e := start(t, model)
	_, talk := chat(t, e)
	if rest, err := io.ReadAll(talk); len(rest) > 0 || err != nil {
		t.Errorf("%q %v", rest, err)
	}
	eventually(t, "logged", func() bool { return len(e.records()) == 1 })
}
