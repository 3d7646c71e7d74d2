# Legal, and no fun to quote.

site "example.com" {
  tls { self_signed = true }

  backend "app" { servers = ["127.0.0.1:5000"] }

  route "/" {
    static {
      root      = "with spaces"
      try_files = ["$uri", "/it's $uri \"quoted\";{x}.html", "/fixed name.html"]
    }
    backend = "app"
  }
  route "/dollar" {
    static { root = "cost $5 $${HOME} $uri" }
  }
  route "/quotes" {
    static { root = "a \"b\" c'd; {e} #f" }
  }
  route "/backslash" {
    static { root = "back\\slash\\n\\\"" }
  }
  route "/unicode" {
    static { root = "zażółć/✓" }
  }
}
