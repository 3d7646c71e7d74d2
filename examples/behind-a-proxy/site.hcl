# A site behind something that ends TLS: a load balancer, a CDN, Caddy, or an
# ingress. README.md says what each of them has to be told.

edge {
  # The sites are served here. There is no https listener, and no site has a
  # certificate.
  http = ["localhost:8080"]

  engine {
    tls = "off"
  }

  # Whoever ends TLS, as the edge sees them. Their X-Forwarded-For,
  # X-Forwarded-Proto and PROXY headers are believed, and nobody else's.
  trusted_proxies = ["127.0.0.1", "::1"]
}

site "example.com" {
  aliases = ["www.example.com"]

  backend "app" {
    servers = ["127.0.0.1:5000"]
  }

  route "/" {
    static {
      root = "public"
    }
    backend   = "app"
    websocket = true
  }
}
