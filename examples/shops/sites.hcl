# The front door: it leads to the shops.

site "front" {
  host    = var.domain
  aliases = ["www.${var.domain}"]
  default = true

  tls {
    self_signed = !local.live
    acme        = local.live
  }

  hsts {
    max_age            = "1y"
    include_subdomains = true
  }

  route "/" {
    static { root = "public" }
    response_headers { set = local.hardened }
    error_page "404" { file = "public/errors/404.html" }
  }

  # /de, /en and so on lead to the first shop of that language.
  dynamic "route" {
    for_each = local.languages
    iterator = language
    labels   = ["= /${language.value}"]
    content {
      redirect {
        to     = "https://${[for s in local.shop : s.host if s.language == language.value][0]}/"
        status = 302
      }
    }
  }
}

# One site for each shop.

site "shop" {
  for_each = local.shop
  host     = each.value.host

  tls {
    self_signed = !local.live
    acme        = local.live
  }

  backend "app" {
    servers = [each.value.app]
    health {
      path     = "/alive"
      interval = "5s"
      timeout  = "2s"
    }
  }

  backend "api" {
    balance = "least_connections"
    dynamic "server" {
      for_each = var.api_servers
      labels   = [server.value.address]
      content {
        weight = server.value.weight
        backup = server.value.backup
      }
    }
  }

  cache {
    grace          = "30s"
    stale_if_error = "1h"
    ignore_query   = local.tracking
    ignore_cookies = local.harmless
    tags           = "Cache-Tag"
    status_header  = var.stage == "local"
  }

  maintenance {
    page        = "public/closed-${each.key}.html"
    retry_after = "15m"
  }

  # Pages, which may be stored.
  route "/" {
    backend   = "app"
    websocket = each.value.websocket
    cache { ttl = each.value.ttl }
    compress { algorithms = ["br", "gzip"] }
    request_headers { set = merge(local.known, { "X-Language" = each.value.language }) }
    response_headers {
      set    = merge(local.hardened, { "Content-Language" = each.value.language })
      remove = ["X-Powered-By"]
    }
    error_page "5xx" { file = "public/errors/5xx.html" }
  }

  # What never changes under its name.
  route "/assets" {
    static { root = "public" }
    response_headers {
      set = { "Cache-Control" = "public, max-age=31536000, immutable" }
    }
  }

  # Baskets and accounts are somebody's.
  dynamic "route" {
    for_each = ["/basket", "/checkout", "/account"]
    labels   = [route.value]
    content {
      backend = "app"
      methods = ["GET", "HEAD", "POST"]
      request_headers { set = local.known }
      response_headers { set = merge(local.hardened, { "Cache-Control" = "no-store" }) }
      rate_limit {
        key   = "client"
        rate  = "5/s"
        burst = 20
      }
    }
  }

  # The API is the same for all shops, and hears which one asks.
  route "/api" {
    backend   = "api"
    stream    = true
    body_size = "100MiB"
    rewrite { strip_prefix = "/api" }
    request_headers { set = merge(local.known, { "X-Shop" = each.key }) }
  }

  # The back office.
  route "/office" {
    backend = "app"
    allow   = var.staff_networks
    request_headers { set = local.known }
  }

  # What has moved, in every shop.
  dynamic "route" {
    for_each = var.moved
    labels   = ["= ${route.key}"]
    content {
      redirect {
        to     = route.value
        status = 301
        query  = "keep"
      }
    }
  }

  # What this shop does not sell.
  dynamic "route" {
    for_each = each.value.closed
    iterator = closed
    labels   = [closed.value]
    content {
      redirect { to = "/products" }
    }
  }
}
