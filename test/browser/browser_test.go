// Package browser holds the test that uses the chat room as people do: in a
// browser, through the real daemons and through the builtin tiers.
package browser

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"edgegen/test/edge"
)

func TestMain(m *testing.M) { os.Exit(edge.Main(m)) }

// TestChatRoom holds F1 and F4 (the app sees the browser's address), W1 (two
// people talk over wss://), P1 (the app is started before the edge answers)
// and P4 (nothing is left after the stop).
func TestChatRoom(t *testing.T) {
	for _, c := range []edge.Combination{edge.Native, edge.BuiltIn} {
		t.Run(c.Name, func(t *testing.T) { chatRoom(t, c) })
	}
}

// chatRoom is one visit, with screenshots named after the engines.
func chatRoom(t *testing.T, c edge.Combination) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		edge.Skip(t, "two people in a browser talking through %s tiers: %v", c.Name, err)
	}
	h := edge.NewHome(t, c)
	url := copyChat(t, h)
	e := h.Run()
	served(t, e)

	chromium := startChromium(t, browser, publicKeyPin(t, url))
	ada := chromium.logIn(url, "Ada")
	bob := chromium.logIn(url, "Bob")
	ada.waitText("#log", "Bob came in")
	ada.waitText("#members", "Bob")
	bob.waitText("#members", "Ada")

	ada.say("Do you read me?")
	bob.waitText("#log", "Do you read me?")
	bob.say("Loud and clear.")
	ada.waitText("#log", "Loud and clear.")
	ada.screenshot("room-ada-" + c.Name)
	bob.screenshot("room-bob-" + c.Name)
	bob.asPhoneInTheDark()
	bob.screenshot("room-bob-phone-dark-" + c.Name)

	if got, want := evaluate[string](ada, "socket.url"), strings.Replace(url, "https", "wss", 1)+"/ws"; got != want {
		t.Errorf("the WebSocket's address is %s, want %s", got, want)
	}
	seen := evaluate[map[string]any](ada, "fetch('/whoami').then(r => r.json())", chromedp.EvalAwaitPromise)
	if seen["client"] != "127.0.0.1" || seen["forwarded_proto"] != "https" || seen["name"] != "Ada" || "https://"+seen["host"].(string) != url {
		t.Errorf("the app saw %v", seen)
	}
	for _, name := range []string{"Ada", "Bob"} {
		e.Says("join " + name + " from 127.0.0.1")
	}

	bob.leave()
	ada.waitText("#log", "Bob left")
	if family := e.Family(); len(family) < 2 {
		t.Errorf("edgegen runs %v, want the app and the guardian at least", family)
	}
	e.Stop()
	h.NoSockets()
}
