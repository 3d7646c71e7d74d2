package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// patience is for a machine that is busy; nothing waits for it to pass.
const patience = 30 * time.Second

func startChat(t *testing.T, chat *app) string {
	t.Helper()
	server := httptest.NewServer(chat.handler())
	t.Cleanup(func() {
		chat.room.close()
		server.Close()
		chat.room.open.Wait()
	})
	return server.URL
}

func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// enter opens a WebSocket and reads its welcome.
func enter(t *testing.T, address string, cookie *http.Cookie) (*websocket.Conn, frame) {
	t.Helper()
	conn, _, err := websocket.Dial(patient(t), address+"/ws", &websocket.DialOptions{
		HTTPHeader: http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "X-Real-Ip": {"192.0.2.1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn, read(t, conn)
}

func read(t *testing.T, conn *websocket.Conn) frame {
	t.Helper()
	var f frame
	if err := wsjson.Read(patient(t), conn, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func say(t *testing.T, conn *websocket.Conn, text string) {
	t.Helper()
	if err := wsjson.Write(patient(t), conn, map[string]string{"text": text}); err != nil {
		t.Fatal(err)
	}
}

// closeCode reads until the connection ends and returns why it did.
func closeCode(t *testing.T, conn *websocket.Conn) websocket.StatusCode {
	t.Helper()
	for {
		if _, _, err := conn.Read(patient(t)); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

func TestConversation(t *testing.T) {
	writer, lines := logLines(t)
	chat := newApp(slog.New(slog.NewTextHandler(writer, nil)))
	address := startChat(t, chat)
	ada, _ := enter(t, address, logIn(t, chat, "Ada"))
	bob, welcome := enter(t, address, logIn(t, chat, "bob"))
	if !slices.Equal(welcome.Members, []string{"Ada", "bob"}) {
		t.Errorf("welcome = %+v", welcome)
	}
	if f := read(t, ada); f.Type != "join" || f.Name != "bob" {
		t.Errorf("join = %+v", f)
	}

	for _, speaker := range []*websocket.Conn{ada, bob} {
		text := " <b>hello</b> 👋 "
		say(t, speaker, text)
		for _, listener := range []*websocket.Conn{ada, bob} {
			if f := read(t, listener); f.Type != "message" || f.Text != strings.TrimSpace(text) {
				t.Errorf("message = %+v", f)
			}
		}
	}
	if err := bob.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	if f := read(t, ada); f.Type != "leave" || f.Name != "bob" || !slices.Equal(f.Members, []string{"Ada"}) {
		t.Errorf("leave = %+v", f)
	}
	for _, want := range []string{"join Ada from 192.0.2.1", "join bob from 192.0.2.1", "leave bob from 192.0.2.1"} {
		waitForLine(t, lines, want)
	}
}

func TestHandshakeRefused(t *testing.T) {
	chat := quietApp()
	address := startChat(t, chat)
	cookie := logIn(t, chat, "Ada")
	session := cookie.Name + "=" + cookie.Value
	for name, test := range map[string]struct {
		headers http.Header
		status  int
	}{
		"no session":        {http.Header{}, http.StatusUnauthorized},
		"unknown session":   {http.Header{"Cookie": {cookieName + "=guess"}}, http.StatusUnauthorized},
		"foreign origin":    {http.Header{"Cookie": {session}, "Origin": {"https://evil.example"}}, http.StatusForbidden},
		"opaque origin":     {http.Header{"Cookie": {session}, "Origin": {"null"}}, http.StatusForbidden},
		"origin's own port": {http.Header{"Cookie": {session}, "Origin": {"https://127.0.0.1:1"}}, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			conn, answer, err := websocket.Dial(patient(t), address+"/ws", &websocket.DialOptions{HTTPHeader: test.headers})
			if err == nil {
				_ = conn.CloseNow()
				t.Fatal("let in")
			}
			if answer.StatusCode != test.status {
				t.Errorf("status = %s, want %d", answer.Status, test.status)
			}
		})
	}
}

func TestMessageLimits(t *testing.T) {
	chat := quietApp()
	address := startChat(t, chat)
	conn, _ := enter(t, address, logIn(t, chat, "Ada"))

	say(t, conn, strings.Repeat("ä", maxText))
	if f := read(t, conn); f.Type != "message" {
		t.Errorf("a message of the greatest length: %+v", f)
	}
	for _, text := range []string{"", "  ", strings.Repeat("ä", maxText+1)} {
		say(t, conn, text)
		if f := read(t, conn); f.Type != "error" {
			t.Errorf("a message of %d bytes: %+v", len(text), f)
		}
	}
	for name, kind := range map[string]websocket.MessageType{"not JSON": websocket.MessageText, `{"text":"hi"}`: websocket.MessageBinary} {
		if err := conn.Write(patient(t), kind, []byte(name)); err != nil {
			t.Fatal(err)
		}
		if f := read(t, conn); f.Type != "error" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if err := conn.Write(patient(t), websocket.MessageText, make([]byte, maxFrame+1)); err != nil {
		t.Fatal(err)
	}
	if code := closeCode(t, conn); code != websocket.StatusMessageTooBig {
		t.Errorf("a frame over the limit: %v", code)
	}
}

func TestLogOutEndsTheWebSocket(t *testing.T) {
	chat := quietApp()
	address := startChat(t, chat)
	cookie := logIn(t, chat, "Ada")
	conn, _ := enter(t, address, cookie)
	postForm(chat, "/logout", nil, cookie)
	if code := closeCode(t, conn); code != websocket.StatusPolicyViolation {
		t.Errorf("code = %v", code)
	}
}

func TestPing(t *testing.T) {
	chat := quietApp()
	chat.pingInterval = time.Millisecond
	address := startChat(t, chat)
	pinged := make(chan struct{}, 1)
	cookie := logIn(t, chat, "Ada")
	conn, _, err := websocket.Dial(patient(t), address+"/ws", &websocket.DialOptions{
		HTTPHeader: http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}},
		OnPingReceived: func(context.Context, []byte) bool {
			select {
			case pinged <- struct{}{}:
			default:
			}
			return true
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	reading := make(chan struct{})
	go func() { // pings are seen by whoever reads
		defer close(reading)
		for {
			if _, _, err := conn.Read(context.Background()); err != nil {
				return
			}
		}
	}()
	select {
	case <-pinged:
	case <-patient(t).Done():
		t.Error("no ping came")
	}
	_ = conn.CloseNow()
	<-reading
}
