edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]

  public_port = 9443
  health_path = "/healthz"

  limits {
    connections = 48
    websockets  = 16
  }
  timeouts { drain = "2s" }
  log { access = "off" }
  metrics { listen = "127.0.0.1:0" }
  {raw edge}
}

site "open.test" {
  default = true
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  backend "upload" { servers = ["{upload}"] }
  route "/" { backend = "app" }
  route "/held" { backend = "upload" }
  route "/stream" {
    backend = "upload"
    stream  = true
  }
}

site "purge.test" {
  hosts = ["*.purge.test"]
  tls { self_signed = true }
  cache {
    grace        = "1h"
    ignore_query = ["utm_*"]
    tags         = "Cache-Tag"
  }
  backend "app" { servers = ["{app}"] }
  route "/" {
    backend = "app"
    cache { ttl = "1h" }
  }
}

site "soft.test" {
  aliases = ["www.soft.test"]
  tls { self_signed = true }
  cache {
    ignore_query = ["utm_*"]
    purge { allow = ["127.0.0.2", "127.0.1.0/24"] }
    grace = "1h"
    tags  = "Cache-Tag"
  }
  backend "app" { servers = ["{app}"] }
  route "/" {
    backend = "app"
    cache { ttl = "1h" }
  }
}

site "first.test" {
  hosts = ["*.shop.open.test"]
  tls { self_signed = true }
  route "/" { redirect { to = "https://shop.test/" } }
}

site "raw.test" {
  tls { self_signed = true }
  {raw site}
  backend "app" { servers = ["{app}"] }
  route "/" {
    static  { root = "public" }
    backend = "app"
    {raw route}
  }
  route "/free" { backend = "app" }
}
