# Networks and single addresses of both families.

edge {
  trusted_proxies = ["2001:db8::/32", "10.0.0.0/8", "192.0.2.1", "::1"]
  trace {
    otlp   = "http://127.0.0.1:4318"
    sample = 0.1
  }
}

site "example.com" {
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5000"] }
  route "/" {
    backend   = "app"
    websocket = true
    allow     = ["10.0.0.0/8", "2001:db8::/32"]
    deny      = ["10.1.0.0/16", "192.0.2.1"]
  }
  route "/except" {
    backend = "app"
    deny    = ["10.1.0.0/16", "192.0.2.1"]
  }
}
