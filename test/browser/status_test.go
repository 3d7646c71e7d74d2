package browser

import (
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"

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
	page.screenshot("status-light")
	page.asPhoneInTheDark()
	page.screenshot("status-phone-dark")
	if wide := evaluate[bool](page, "document.documentElement.scrollWidth > innerWidth"); wide {
		t.Error("the page is wider than a phone")
	}
	h.Replace(`route "/" { backend = "ap" }`, `route "/" { backend = "app" }`)
	e.Stop()
	page.waitText("#lost", "edgegen does not answer")
	page.screenshot("status-lost")
}
