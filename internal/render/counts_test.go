package render_test

import (
	"strings"
	"testing"

	"edgegen/internal/site"
)

// TestA4InC: varnishd counts itself where edgegen runs it and it takes C, and only for
// routes that ask for no more than how often and from where somebody comes.
func TestA4InC(t *testing.T) {
	loaded := loadText(t, shortDirectory(t), `site "example.com" {
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5000"] }
  route "/" {
    backend = "app"
    allow   = ["10.0.0.0/8"]
    rate_limit { rate = "10/s" }
  }
  route "/in" {
    backend = "app"
    rate_limit { rate = "10/s" }
    forward_auth {
      backend = "app"
      path    = "/"
    }
  }
}
`)
	for _, c := range []struct {
		standby, inC bool
		counts       int
	}{{false, true, 0}, {true, false, 0}, {true, true, 1}} {
		in := input(loaded.Edge)
		in.Standby, in.InC = c.standby, c.inC
		made := mustRender(t, in).Of(site.Varnish)
		text := string(made.Main().Data)
		if got := strings.Count(text, "ctx, edge_takes("); got != c.counts || made.InC != (c.counts > 0) {
			t.Errorf("%+v: counted in %d places, C: %t", c, got, made.InC)
		}
		if c.counts == 0 && strings.Contains(text, "C{") {
			t.Errorf("%+v: there is C", c)
		}
	}
}
