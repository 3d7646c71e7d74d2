# Behind a balancer that ends TLS and announces clients, with IPv6 and with no word
# of who looks after it.

edge {
  http            = [":80", "[::]:8080"]
  trusted_proxies = ["10.0.0.0/8", "fd00::/8"]
  proxy_protocol  = ["10.0.0.0/8"]
  engine { tls = "off" }
}

site "xn--bcher-kva.example" {
  default = true
  backend "app" { servers = ["app:5000", "10.0.0.8:5000", "[fd00::8]:5000"] }
  route "/" { backend = "app" }
}
