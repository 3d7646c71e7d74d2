package compare

// sequenceSite has routes of every kind that keeps something from request to request.
const sequenceSite = `
edge {
  {engine}
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  log {
    access = "access.log"
    fields = ["client", "method", "host", "path", "protocol", "status", "bytes", "received", "cache", "tier", "backend", "user_agent", "site", "route"]
  }
  metrics { listen = "127.0.0.1:0" }
  limits { body_size = "64KiB" }
}
site "one.test" {
  aliases = ["www.one.test"]
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  backend "dead" { servers = ["{dead}"] }
  route "/app" { backend = "app" }
  route "/ttl" {
    backend = "app"
    cache { ttl = "1h" }
  }
  route "/zip" {
    backend = "app"
    compress { min_size = "10B" }
  }
  route "/stream" {
    backend = "app"
    stream  = true
  }
  route "/small" {
    backend   = "app"
    body_size = "1KiB"
  }
  route "/get" {
    backend = "app"
    methods = ["GET"]
  }
  route "/files" {
    static { root = "public" }
    error_page "404" { file = "pages/404.html" }
  }
  route "/mixed" {
    static { root = "public" }
    backend = "app"
    error_page "5xx" { file = "pages/5xx.html" }
  }
  route "/moved" { redirect { to = "/app/a" } }
  route "/denied" {
    backend = "app"
    deny    = ["127.0.0.0/8"]
    error_page "403" { file = "pages/403.html" }
  }
  route "/users" {
    backend = "app"
    basic_auth { users_file = "users" }
  }
  route "/lead" { backend = "app" }
  route "/inner" {
    internal = true
    static { root = "public/files" }
  }
  route "/within" {
    internal = true
    backend  = "app"
  }
  route "/dead" {
    backend = "dead"
    error_page "502" { file = "pages/5xx.html" }
  }
  route "/changed" {
    backend = "app"
    request_headers {
      set    = { "X-Kind" = "changed" }
      remove = ["X-Dropped"]
    }
    response_headers {
      set    = { "X-Added" = "yes" }
      remove = ["X-Seen"]
    }
  }
  route "/ws" {
    backend   = "app"
    websocket = true
  }
}
site "two.test" {
  tls { self_signed = true }
  hsts { max_age = "1y" }
  backend "app" { servers = ["{app}"] }
  route "/" {
    backend = "app"
    response_headers { set = { "X-Two" = "yes" } }
  }
}
`
