package browser

import (
	"fmt"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"edgegen/test/edge"
	"edgegen/test/port"
)

// TestO2StatusPage looks at the page of the metrics listener as somebody does who has
// never seen it: what is wrong stands at its top, and it follows what happens by
// itself. Its Content-Security-Policy lets it do all that it does.
func TestO2StatusPage(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		edge.Skip(t, "the status page in a browser: %v", err)
	}
	h := edge.NewHome(t, edge.BuiltIn)
	dead := port.Free(t)
	h.Write("site.hcl", `edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  metrics { listen = "127.0.0.1:0" }
}
site "shop.test" {
  tls { self_signed = true }
  backend "app" {
    servers = ["`+dead+`"]
    health { path = "/" }
  }
  route "/" { backend = "app" }
}
`)
	e := h.Run()
	page := &tab{t: t}
	page.ctx, page.cancel = chromedp.NewContext(startChromium(t, browser, "").ctx)
	t.Cleanup(page.cancel)
	if err := chromedp.Do(page.ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	url := "http://" + e.Status().Metrics[0]
	page.do("open the page", chromedp.EmulateViewport(1280, 900), chromedp.Navigate(url+"/status"))
	page.waitText("#problems", "No server of the backend app of shop.test is well")
	page.waitText("#tiers", "builtin")
	page.waitText("#backends", dead)
	h.Replace(`route "/" { backend = "app" }`, `route "/" { backend = "ap" }`)
	h.Verb("reload")
	page.waitText("#problems", "The last reload was refused")
	page.waitText("#reloads", `no backend is called "ap"`)
	page.byKeyboard()
	for _, scheme := range []string{"light", "dark"} {
		for width, height := range map[int64]int64{360: 760, 820: 1100, 1400: 900} {
			page.do("be another screen", chromedp.EmulateViewport(width, height), prefers(scheme))
			evaluate[bool](page, "scrollTo(0, 0), true")
			page.screenshot(fmt.Sprintf("status-%d-%s", width, scheme))
			if wide := evaluate[bool](page, "document.documentElement.scrollWidth > innerWidth"); wide {
				t.Errorf("the page is wider than %d pixels", width)
			}
			if top := evaluate[float64](page, "document.querySelector('#problems').lastChild.getBoundingClientRect().bottom"); top > 400 {
				t.Errorf("on %d pixels the last problem ends at %v", width, top)
			}
		}
	}
	h.Replace(`route "/" { backend = "ap" }`, `route "/" { backend = "app" }`)
	e.Stop()
	page.waitText("#lost", "edgegen does not answer")
	page.screenshot("status-lost")
}

// byKeyboard goes through the page by Tab alone: what can be used comes in its order, is
// seen to be there, and does what it is for.
func (p *tab) byKeyboard() {
	p.t.Helper()
	p.do("be a phone", chromedp.EmulateViewport(360, 760))
	tab := func() (label string) {
		p.do("press Tab", chromedp.KeyEvent("\t"))
		if !evaluate[bool](p, "document.activeElement.matches(':focus-visible') && getComputedStyle(document.activeElement).outlineStyle === 'solid'") {
			p.t.Error("nobody sees where the keyboard is")
		}
		return evaluate[string](p, "document.activeElement.ariaLabel || document.activeElement.innerText")
	}
	for _, want := range []string{"Pause", "Sites", "Backends"} {
		if got := tab(); got != want {
			p.t.Errorf("Tab leads to %q, want %q", got, want)
		}
		switch want {
		case "Pause":
			p.do("press Enter", chromedp.KeyEvent("\r"))
			p.waitText("#pause", "Go on")
			p.do("press Enter again", chromedp.KeyEvent("\r"))
			p.waitText("#pause", "Pause")
		case "Sites":
			p.do("press Right", chromedp.KeyEvent(kb.ArrowRight))
			p.await("see what is at the right", "() => document.activeElement.scrollLeft > 0")
		}
	}
}
