edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]

  timeouts {
    header         = "1s"
    idle           = "3s"
    connect        = "1s"
    first_byte     = "1s"
    between_bytes  = "1s"
    body           = "1s"
    websocket_idle = "2s"
    drain          = "2s"
  }
  log {
    access  = "{dir}/access.log"
    fields  = ["route", "site", "status", "path"]
    exclude = ["/excluded"]
  }
}

site "quick.test" {
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  backend "upload" { servers = ["{upload}"] }
  route "/" { backend = "app" }
  route "/files" {
    static  { root = "public" }
    backend = "app"
  }
  route "/held" { backend = "upload" }
  route "/stream" {
    backend = "upload"
    stream  = true
  }
  route "/ws" {
    backend   = "app"
    websocket = true
  }
}

site "stale.test" {
  tls { self_signed = true }
  cache {
    grace = "1h"
    tags  = "Cache-Tag"
  }
  backend "app" { servers = ["{app}"] }
  route "/" {
    backend = "app"
    cache { ttl = "1h" }
  }
}
