package counts

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
)

// siteText is the site that is asked. The second route "/more" stands for what a reload
// changes.
const siteText = `edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  log { access = "off" }
  metrics { listen = "127.0.0.1:0" }
  timeouts { drain = "10s" }
}

site "counts.test" {
  tls { self_signed = true }
  backend "app" { servers = ["APP"] }
  backend "other" { servers = ["APP"] }
  backend "dead" { servers = ["DEAD"] }

  route "/" { backend = "app" }
  route "/ttl" {
    backend = "other"
    cache { ttl = "1h" }
  }
  route "/files" {
    static { root = "public" }
  }
  route "= /exact" {
    backend = "app"
    methods = ["GET", "HEAD"]
  }
  route "~ ^/u/[0-9]+$" { redirect { to = "/users" } }
  route "/dead" { backend = "dead" }
  route "/private" {
    backend = "app"
    deny    = ["127.0.0.0/8"]
  }
  route "/more" { redirect { to = "/" } }
}
`

// asked is a request, and the labels that it is counted with but for those that the
// answer tells.
type asked struct {
	method, path, host   string
	body                 string
	site, route, backend string
	tier                 string // where the answer is not from the cache
}

// generate makes a request. Each worker has URLs of its own below /ttl, so that what is
// stored already is the same whatever the engines, and however fast they are.
func generate(random *rand.Rand, worker int) asked {
	const host = "counts.test"
	a := asked{method: "GET", host: host, site: host}
	if random.IntN(4) == 0 {
		a.method = []string{"HEAD", "POST"}[random.IntN(2)]
	}
	if a.method == "POST" {
		a.body = strings.Repeat("x", random.IntN(2000))
	}
	number := random.IntN(50)
	switch random.IntN(10) {
	case 0, 1, 2:
		a.path, a.route, a.backend, a.tier = fmt.Sprintf("/ttl/%d/%d", worker, number), "/ttl", "other", "backend"
	case 3:
		a.path, a.route, a.backend, a.tier = fmt.Sprintf("/status/%d", 200+100*random.IntN(4)+number%4), "/", "app", "backend"
	case 4:
		a.path, a.route, a.tier = []string{"/files/a.txt", "/files/b.txt", "/files/none"}[number%3], "/files", "web"
	case 5:
		a.path, a.route, a.tier = fmt.Sprintf("/u/%d", number), "~ ^/u/[0-9]+$", "web"
	case 6:
		a.path, a.route, a.backend, a.tier = "/exact", "= /exact", "app", "backend"
		if a.method == "POST" {
			a.backend, a.tier = "", "cache"
		}
	case 7:
		a.path, a.route, a.tier = "/private/x", "/private", "cache"
	case 8:
		switch number % 3 {
		case 0:
			a.path, a.route, a.backend, a.tier = "/dead", "/dead", "dead", "web"
		case 1:
			a.path, a.host, a.site, a.tier = "/", "nobody.test", "", "cache"
		default:
			a.path, a.route, a.tier = "/more", "/more", "web"
		}
	default:
		a.path, a.route, a.backend, a.tier = fmt.Sprintf("/page/%d?q=%d", number, random.IntN(1000)), "/", "app", "backend"
	}
	return a
}

// labels are those of the request, as Prometheus is told them.
func (a asked) labels(status int, cache string) string {
	backend, tier := a.backend, a.tier
	if cache == "HIT" {
		backend, tier = "", "cache"
	}
	return fmt.Sprintf("backend=%q,cache=%q,route=%q,site=%q,status=%q,tier=%q", backend, cache, a.route, a.site, strconv.Itoa(status/100)+"xx", tier)
}

// app answers /status/N so, and all else with a page.
func app(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // who leaves wants no answer
	if text, ok := strings.CutPrefix(r.URL.Path, "/status/"); ok {
		status, _ := strconv.Atoi(text) // the generator's own
		w.WriteHeader(status)
		return
	}
	fmt.Fprintln(w, "page", r.URL.Path)
}
