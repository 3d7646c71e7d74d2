# A page for the whole site, on a site with routes of every kind.

site "example.com" {
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5000"] }
  maintenance {
    page        = "down time/be \"back\" for $5.html"
    retry_after = "90m"
  }
  route "/" {
    static { root = "public" }
    backend   = "app"
    websocket = true
  }
}

site "example.org" {
  tls { self_signed = true }
  maintenance { page = "/maintenance.html" }
  route "/old" {
    redirect { to = "/new" }
  }
}
