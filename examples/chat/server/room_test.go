package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/coder/websocket"
)

// next takes one frame from a member's queue.
func next(t *testing.T, m *member) frame {
	t.Helper()
	select {
	case data := <-m.queue:
		var f frame
		if err := json.Unmarshal(data, &f); err != nil {
			t.Fatal(err)
		}
		return f
	default:
		t.Fatalf("%s has no frame waiting", m.name)
		return frame{}
	}
}

func mustJoin(t *testing.T, r *room, name string) *member {
	t.Helper()
	m, err := r.join(name, "session of "+name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func isGone(m *member) bool {
	select {
	case <-m.gone:
		return true
	default:
		return false
	}
}

func TestRoomNotices(t *testing.T) {
	r := newRoom()
	bob := mustJoin(t, r, "bob")
	if f := next(t, bob); f.Type != "welcome" || f.Name != "bob" || !slices.Equal(f.Members, []string{"bob"}) {
		t.Errorf("welcome = %+v", f)
	}
	ada := mustJoin(t, r, "Ada")
	if f := next(t, ada); !slices.Equal(f.Members, []string{"Ada", "bob"}) {
		t.Errorf("welcome = %+v", f)
	}
	if f := next(t, bob); f.Type != "join" || f.Name != "Ada" || !slices.Equal(f.Members, []string{"Ada", "bob"}) {
		t.Errorf("join = %+v", f)
	}

	second := mustJoin(t, r, "Ada") // another tab is nobody new
	next(t, second)
	r.leave(second)
	if len(bob.queue) != 0 {
		t.Errorf("bob was told of a second tab: %+v", next(t, bob))
	}
	r.leave(ada)
	if f := next(t, bob); f.Type != "leave" || f.Name != "Ada" || !slices.Equal(f.Members, []string{"bob"}) {
		t.Errorf("leave = %+v", f)
	}
	r.leave(bob)
	r.open.Wait()
}

func TestRoomHistory(t *testing.T) {
	r := newRoom()
	ada := mustJoin(t, r, "Ada")
	for i := range historyLength + 7 {
		next(t, ada)
		r.say(ada, fmt.Sprint(i))
	}
	history := next(t, mustJoin(t, r, "bob")).History
	if len(history) != historyLength || history[0].Text != "7" || history[historyLength-1].Text != "56" || history[0].At.IsZero() {
		t.Errorf("history of %d from %+v", len(history), history[0])
	}
}

func TestSlowMemberIsDropped(t *testing.T) {
	r := newRoom()
	ada, slow := mustJoin(t, r, "Ada"), mustJoin(t, r, "slow")
	next(t, ada) // the welcome
	next(t, ada) // slow joins
	for range queueLength {
		r.say(ada, "hello")
		next(t, ada)
	}
	if !isGone(slow) || slow.code != websocket.StatusTryAgainLater {
		t.Fatalf("a member whose queue is full is still in the room (code %d)", slow.code)
	}
	if f := next(t, ada); f.Type != "leave" || f.Name != "slow" {
		t.Errorf("the others were told %+v", f)
	}
	if isGone(ada) {
		t.Error("a member that reads was dropped")
	}
	r.say(slow, "still here")
	if len(ada.queue) != 0 {
		t.Error("a dropped member can still speak")
	}
}

func TestAllSlowAtOnce(t *testing.T) {
	r := newRoom()
	for i := range 2 * queueLength { // nobody reads, so joins alone fill the queues
		mustJoin(t, r, fmt.Sprint("member ", i))
	}
	if left := len(r.names()); left >= 2*queueLength {
		t.Errorf("%d members are left", left)
	}
}

func TestEndSessionDropsEachOfItsMembers(t *testing.T) {
	r := newRoom()
	first, second, other := mustJoin(t, r, "Ada"), mustJoin(t, r, "Ada"), mustJoin(t, r, "bob")
	r.endSession(first.session)
	if !isGone(first) || !isGone(second) || isGone(other) {
		t.Errorf("gone: %v, %v, %v", isGone(first), isGone(second), isGone(other))
	}
}

func TestClosedRoom(t *testing.T) {
	r := newRoom()
	ada := mustJoin(t, r, "Ada")
	r.close()
	if !isGone(ada) || ada.code != websocket.StatusGoingAway {
		t.Errorf("code = %d", ada.code)
	}
	if _, err := r.join("bob", ""); err == nil {
		t.Error("a closed room lets people in")
	}
	r.leave(ada)
	r.open.Wait()
}
