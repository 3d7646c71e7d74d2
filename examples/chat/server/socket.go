package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
)

const (
	maxFrame     = 8 << 10 // bytes; more ends the connection
	maxText      = 1000    // characters of a message
	pingInterval = 30 * time.Second
	writeTimeout = 10 * time.Second
)

// socket answers /ws: the handshake, then the conversation.
func (a *app) socket(w http.ResponseWriter, r *http.Request) {
	name, id, ok := a.session(r)
	if !ok {
		http.Error(w, "log in first", http.StatusUnauthorized)
		return
	}
	// Accept answers a bad handshake itself. It refuses an Origin that is not
	// the Host, so that another site's page cannot use a visitor's cookie.
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		a.log.Warn("websocket refused", "client", clientAddress(r), "error", err)
		return
	}
	defer func() { _ = conn.CloseNow() }()

	m, err := a.room.join(name, id)
	if err != nil {
		_ = conn.Close(websocket.StatusGoingAway, "the server is stopping")
		return
	}
	defer a.room.leave(m)
	a.log.Info("join " + name + " from " + clientAddress(r))
	defer a.log.Info("leave " + name + " from " + clientAddress(r))
	if _, ok := a.sessions.name(id); !ok {
		a.room.endSession(id) // it logged out while it joined
	}
	a.converse(r.Context(), conn, m)
}

// converse reads and writes until either side ends the conversation.
func (a *app) converse(ctx context.Context, conn *websocket.Conn, m *member) {
	conn.SetReadLimit(maxFrame)
	ctx, cancel := context.WithCancel(ctx)
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		a.listenTo(ctx, conn, m)
	}()
	a.speakTo(ctx, conn, m, reading)
	cancel()
	<-reading
}

// listenTo passes on what the member says.
func (a *app) listenTo(ctx context.Context, conn *websocket.Conn, m *member) {
	for {
		kind, data, err := conn.Read(ctx)
		if err != nil {
			return
		}
		if text, complaint := messageText(kind, data); complaint != "" {
			a.room.tell(m, frame{Type: "error", Text: complaint})
		} else {
			a.room.say(m, text)
		}
	}
}

// speakTo writes what the room has for the member, and a ping now and then so
// that a peer that has vanished is noticed.
func (a *app) speakTo(ctx context.Context, conn *websocket.Conn, m *member, reading <-chan struct{}) {
	ping := time.NewTicker(a.pingInterval)
	defer ping.Stop()
	for {
		select {
		case data := <-m.queue:
			if err := within(ctx, func(ctx context.Context) error {
				return conn.Write(ctx, websocket.MessageText, data)
			}); err != nil {
				return
			}
		case <-ping.C:
			a.sessions.name(m.session) // whoever is in the room is not idle
			if err := within(ctx, conn.Ping); err != nil {
				return
			}
		case <-m.gone:
			_ = conn.Close(m.code, m.reason)
			return
		case <-reading:
			return
		}
	}
}

func within(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return do(ctx)
}

// messageText reads {"text": "…"}, or else returns a complaint for the member.
func messageText(kind websocket.MessageType, data []byte) (text, complaint string) {
	var message struct {
		Text string `json:"text"`
	}
	if kind != websocket.MessageText || json.Unmarshal(data, &message) != nil {
		return "", "That was not a message."
	}
	text = strings.TrimSpace(message.Text)
	if text == "" {
		return "", "A message needs some text."
	}
	if utf8.RuneCountInString(text) > maxText {
		return "", "A message has at most 1000 characters."
	}
	return text, ""
}
