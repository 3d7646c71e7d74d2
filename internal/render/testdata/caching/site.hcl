# Freshness by route, staleness by site, cookies that do not matter.

site "example.com" {
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5000"] }
  cache {
    grace          = "1500ms"
    stale_if_error = "36h"
    ignore_cookies = ["_ga*", "a.b", "*_id", "__utm*z"]
    ignore_query   = ["utm_*", "a.b[]"]
  }
  route "/" {
    backend = "app"
    cache { ttl = "90s" }
  }
  route "/never" {
    backend = "app"
    cache { ttl = "0s" }
  }
  route "/own" { backend = "app" }
}

site "example.org" {
  tls { self_signed = true }
  cache { grace = "0s" }
  route "/" {
    static { root = "public" }
    cache { ttl = "365d" }
  }
}
