// Package browser holds the test that uses the chat room as people do: in a
// browser, through the real daemons and through the builtin tiers.
package browser

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// patience is for a machine that is busy; nothing waits for it to pass.
const patience = 60 * time.Second

// TestChatRoom holds F1 and F4 (the app sees the browser's address), W1 (two
// people talk over wss://), P1 (the app is started before the edge answers)
// and P4 (nothing is left after the stop).
func TestChatRoom(t *testing.T) {
	t.Run("native", func(t *testing.T) {
		needs(t, "two people in a browser talking through stunnel, varnish and nginx", "chromium", "stunnel4|stunnel", "varnishd|vinyld", "nginx")
		chatRoom(t, "native", map[string]string{"tls": "stunnel", "cache": "varnish", "web": "nginx"})
	})
	t.Run("builtin", func(t *testing.T) {
		needs(t, "two people in a browser talking through the builtin tiers", "chromium")
		chatRoom(t, "builtin", map[string]string{"tls": "builtin", "cache": "builtin", "web": "builtin"})
	})
}

// chatRoom is one visit, with screenshots named after the engine.
func chatRoom(t *testing.T, engine string, tiers map[string]string) {
	edge := startEdge(t, copyChat(t), engine)
	edge.waitReady(tiers)

	chromium := startChromium(t, edge.publicKeyPin())
	ada := chromium.logIn(edge.url, "Ada")
	bob := chromium.logIn(edge.url, "Bob")
	ada.waitText("#log", "Bob came in")
	ada.waitText("#members", "Bob")
	bob.waitText("#members", "Ada")

	ada.say("Do you read me?")
	bob.waitText("#log", "Do you read me?")
	bob.say("Loud and clear.")
	ada.waitText("#log", "Loud and clear.")
	ada.screenshot("room-ada-" + engine)
	bob.screenshot("room-bob-" + engine)
	bob.asPhoneInTheDark()
	bob.screenshot("room-bob-phone-dark-" + engine)

	if got, want := evaluate[string](ada, "socket.url"), strings.Replace(edge.url, "https", "wss", 1)+"/ws"; got != want {
		t.Errorf("the WebSocket's address is %s, want %s", got, want)
	}
	seen := evaluate[map[string]any](ada, "fetch('/whoami').then(r => r.json())", chromedp.EvalAwaitPromise)
	if seen["client"] != "127.0.0.1" || seen["forwarded_proto"] != "https" || seen["name"] != "Ada" || "https://"+seen["host"].(string) != edge.url {
		t.Errorf("the app saw %v", seen)
	}
	for _, name := range []string{"Ada", "Bob"} {
		edge.waitOutput("join " + name + " from 127.0.0.1")
	}

	bob.leave()
	ada.waitText("#log", "Bob left")
	edge.stop()
}
