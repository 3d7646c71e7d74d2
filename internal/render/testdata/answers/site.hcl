edge {
  http  = ["127.0.0.1:8080"]
  https = ["127.0.0.1:8443"]
}

site "packed.example" {
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5000"] }

  route "/" {
    static { root = "public" }
    backend = "app"
    compress {}
  }
  route "/api" {
    backend = "app"
    compress {
      algorithms = ["zstd"]
      min_size   = "4KiB"
      types      = ["application/json"]
    }
  }
  route "/plain" {
    static { root = "public" }
    compress {
      algorithms = ["gzip"]
      types      = ["text/plain", "application/octet-stream"]
    }
  }
}

site "pages.example" {
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5000"] }
  route "/" {
    backend = "app"
    error_page "404" { file = "public/404.html" }
    error_page "5xx" { file = "public/5xx.html" }
  }
}

site "handed.example" {
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5000"] }
  backend "store" { servers = ["127.0.0.1:5001"] }
  route "/" { backend = "app" }
  route "/private" {
    internal = true
    static { root = "public" }
  }
  route "~ ^/store/[a-z]+$" {
    internal = true
    backend  = "store"
  }
}
