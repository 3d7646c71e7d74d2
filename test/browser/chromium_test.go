package browser

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"edgegen/test/edge"
)

// chromium is a running browser without a window.
type chromium struct {
	t   *testing.T
	ctx context.Context
}

// startChromium starts the browser with a fresh profile. It trusts the one key
// of pin beside those that the machine trusts, and asks nobody but this machine.
func startChromium(t *testing.T, path, pin string) *chromium {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		// localhost may be ::1 as well; the test names the address it expects.
		chromedp.Flag("host-resolver-rules", "MAP localhost 127.0.0.1"),
		chromedp.Flag("ignore-certificate-errors-spki-list", pin),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // chromium refuses to run as root with it
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(t.Logf))
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return &chromium{t: t, ctx: ctx}
}

// tab is the window of one person, who shares no cookie with another.
type tab struct {
	t      *testing.T
	ctx    context.Context
	cancel context.CancelFunc
}

// logIn opens a tab at the site, enters a name, and waits for the WebSocket.
func (c *chromium) logIn(url, name string) *tab {
	c.t.Helper()
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext())
	c.t.Cleanup(cancel)
	person := &tab{t: c.t, ctx: ctx, cancel: cancel}
	if err := chromedp.Do(ctx); err != nil { // opens the tab, which lives as long as ctx
		c.t.Fatalf("open a tab: %v", err)
	}
	person.do("open the site", chromedp.EmulateViewport(1024, 720), chromedp.Navigate(url+"/"),
		chromedp.WaitVisible(chromedp.CSS("#name")))
	person.do("log in", chromedp.SendKeys(chromedp.CSS("#name"), name+"\r"),
		chromedp.WaitVisible(chromedp.CSS("#state[data-state=open]")))
	return person
}

func (p *tab) say(text string) {
	p.t.Helper()
	p.do("say "+text, chromedp.SendKeys(chromedp.CSS("#text"), text+"\r"))
}

// waitText waits until the element's text holds the words.
func (p *tab) waitText(element, words string) {
	p.t.Helper()
	p.await("wait for "+words, "(element, words) => document.querySelector(element).innerText.includes(words)", element, words)
}

// await waits until a function of the page's returns true.
func (p *tab) await(what, function string, arguments ...any) {
	p.t.Helper()
	p.do(what, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Run(ctx, chromedp.PollFunction[bool](function, chromedp.WithPollingArgs(arguments...),
			chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(edge.Patience)))
		return err
	}))
}

// leave closes the tab.
func (p *tab) leave() { p.cancel() }

func (p *tab) asPhoneInTheDark() {
	p.t.Helper()
	p.do("be a phone", chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2)), prefers("dark"))
}

// prefers has the person like pages light or dark.
func prefers(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}

// screenshot keeps what the tab shows in EDGEGEN_ARTIFACTS, by default in
// artifacts beside this file.
func (p *tab) screenshot(name string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, edge.Patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatalf("screenshot %s: %v", name, err)
	}
	directory := os.Getenv("EDGEGEN_ARTIFACTS")
	if directory == "" {
		directory = "artifacts"
	}
	if err := os.MkdirAll(directory, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(directory, name+".png"), picture, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// do runs actions in the tab. Where they fail, the failure shows the page.
func (p *tab) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, edge.Patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.screenshot("failure")
		page, _ := chromedp.Run(p.ctx, chromedp.Text(chromedp.CSS("body")))
		p.t.Fatalf("%s: %v; the page says:\n%s", what, err, strings.TrimSpace(page))
	}
}

func evaluate[T any](p *tab, expression string, options ...chromedp.EvaluateOption) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, edge.Patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, options...))
	if err != nil {
		p.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return value
}
