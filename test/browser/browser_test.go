// Package browser holds the test that uses the chat room as people do: in a
// browser, through the real daemons.
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
	needs(t, "two people in a browser talking through stunnel, varnish and nginx")
	chat := copyChat(t)
	edge := startEdge(t, chat)
	edge.waitReady()

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
	ada.screenshot("room-ada")
	bob.screenshot("room-bob")
	bob.asPhoneInTheDark()
	bob.screenshot("room-bob-phone-dark")

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
