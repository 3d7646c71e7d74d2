package main

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	queueLength   = 64 // frames that may wait for a member before it counts as too slow
	historyLength = 50 // messages a newcomer is shown
)

const tooSlow = "too slow"

var errRoomClosed = errors.New("the room is closed")

// frame is what the room sends, one JSON object for each WebSocket message.
type frame struct {
	Type    string    `json:"type"` // "welcome", "message", "join", "leave" or "error"
	Name    string    `json:"name,omitempty"`
	Text    string    `json:"text,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Members []string  `json:"members,omitempty"` // who is here now; not in a message
	History []frame   `json:"history,omitempty"` // the last messages; in a welcome only
}

// room passes what one member says to all. Nobody in it waits for anybody: a
// member whose queue is full is dropped. It is safe for concurrent use.
type room struct {
	mu      sync.Mutex
	closed  bool
	members map[*member]struct{}
	history []frame
	open    sync.WaitGroup // one for each member that joined and has not left
}

// member is one open WebSocket; a person may have several.
type member struct {
	name    string
	session string
	queue   chan []byte
	gone    chan struct{} // closed once the room has dropped the member
	code    websocket.StatusCode
	reason  string // with code, written before gone is closed
}

func newRoom() *room { return &room{members: map[*member]struct{}{}} }

// join adds a member whose first frame is the welcome. Whoever joins calls
// leave once, also after the room has dropped the member.
func (r *room) join(name, session string) (*member, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errRoomClosed
	}
	m := &member{name: name, session: session, queue: make(chan []byte, queueLength), gone: make(chan struct{})}
	newcomer := !r.present(name)
	r.members[m] = struct{}{}
	r.open.Add(1)
	m.offer(frame{Type: "welcome", Name: name, Members: r.names(), History: r.history}.encode())
	if newcomer {
		r.broadcast(frame{Type: "join", Name: name, At: time.Now(), Members: r.names()}, m)
	}
	return m, nil
}

// leave ends the membership and tells the others once the last of the
// person's members has gone.
func (r *room) leave(m *member) {
	defer r.open.Done()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(m, websocket.StatusNormalClosure, "")
}

// say sends what a member says to everybody, the member included.
func (r *room) say(m *member, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.members[m]; !ok {
		return
	}
	message := frame{Type: "message", Name: m.name, Text: text, At: time.Now()}
	r.history = append(r.history, message)
	if len(r.history) > historyLength {
		r.history = slices.Clone(r.history[1:])
	}
	r.broadcast(message, nil)
}

// tell sends a frame to one member.
func (r *room) tell(m *member, f frame) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !m.offer(f.encode()) {
		r.drop(m, websocket.StatusTryAgainLater, tooSlow)
	}
}

// endSession drops every member of a session that has logged out.
func (r *room) endSession(session string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for m := range r.members {
		if m.session == session {
			r.drop(m, websocket.StatusPolicyViolation, "logged out")
		}
	}
}

// close drops everybody and lets nobody in any more.
func (r *room) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for m := range r.members {
		r.drop(m, websocket.StatusGoingAway, "the server is stopping")
	}
}

// broadcast sends a frame to everybody except one, and drops whoever is too
// slow for it.
func (r *room) broadcast(f frame, except *member) {
	data := f.encode()
	var slow []*member
	for m := range r.members {
		if m != except && !m.offer(data) {
			slow = append(slow, m)
		}
	}
	for _, m := range slow {
		r.drop(m, websocket.StatusTryAgainLater, tooSlow)
	}
}

// drop takes a member out of the room; the others hear of it, which may drop
// more of them. It does nothing for a member that has been dropped before.
func (r *room) drop(m *member, code websocket.StatusCode, reason string) {
	if _, ok := r.members[m]; !ok {
		return
	}
	delete(r.members, m)
	m.code, m.reason = code, reason
	close(m.gone)
	if !r.closed && !r.present(m.name) {
		r.broadcast(frame{Type: "leave", Name: m.name, At: time.Now(), Members: r.names()}, nil)
	}
}

func (r *room) present(name string) bool {
	for m := range r.members {
		if m.name == name {
			return true
		}
	}
	return false
}

// names lists the people in the room, each once.
func (r *room) names() []string {
	names := []string{}
	for m := range r.members {
		names = append(names, m.name)
	}
	slices.SortFunc(names, byName)
	return slices.Compact(names)
}

func byName(a, b string) int {
	if order := strings.Compare(strings.ToLower(a), strings.ToLower(b)); order != 0 {
		return order
	}
	return strings.Compare(a, b)
}

// offer queues a frame for the member and reports whether there was space.
func (m *member) offer(data []byte) bool {
	select {
	case m.queue <- data:
		return true
	default:
		return false
	}
}

// encode cannot fail: a frame holds nothing but strings and times of this era.
func (f frame) encode() []byte {
	data, _ := json.Marshal(f)
	return data
}
