# The longest path that matches wins, whatever the order here; a route of its
# own for every kind of answer.

site "example.com" {
  tls { self_signed = true }

  backend "api" { servers = ["127.0.0.1:5001"] }
  backend "shop" { servers = ["127.0.0.1:5002"] }

  route "/a" { backend = "api" }
  route "/a/b" { backend = "shop" }
  route "/a/b/c" { backend = "api" }
  route "/a.b+c(d)" { backend = "shop" }
  route "/cost$/~user/@x" { backend = "shop" }
  route "/it's" { backend = "shop" }
  route "/semi;colon,comma=equal&and!" { backend = "shop" }
  route "/files" {
    static { root = "public" }
  }
  route "/docs" {
    static {
      root      = "public"
      index     = ["index.html", "index.htm"]
      try_files = ["/docs/$uri", "/docs/$uri/", "/docs/missing.html"]
    }
  }
  route "/spa" {
    static {
      root      = "public"
      try_files = ["$uri", "/index.html"]
    }
  }
  route "/mixed" {
    static { root = "public" }
    backend = "shop"
  }
  route "/gone" {
    redirect { to = "https://example.org/gone?from=here#top" }
  }
  route "/ws" {
    backend   = "api"
    websocket = true
  }
}
