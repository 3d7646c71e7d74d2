# One nginx ends TLS and is the web tier.

edge {
  http  = [":80"]
  https = [":443", "192.0.2.7:8443"]
  engine {
    tls   = "nginx"
    cache = "off"
  }
  limits {
    header_size = "32KiB"
  }
}

site "vzine.us" {
  aliases = ["www.vzine.us"]
  hosts   = ["*.shop.vzine.us"]
  tls {
    certificate = "certs/server.crt"
    key         = "certs/server.key"
    min_version = "1.3"
  }
  backend "app" { servers = ["127.0.0.1:5000"] }
  route "/" {
    static { root = "public" }
    backend   = "app"
    websocket = true
  }
}

site "chat.example" {
  default = true
  tls {
    self_signed = true
    min_version = "1.3"
  }
  backend "app" { servers = ["127.0.0.1:5001"] }
  route "/" { backend = "app" }
}
