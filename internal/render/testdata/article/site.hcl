# Every argument of the language, on the article's site.

edge {
  http            = [":80"]
  https           = [":443"]
  user            = "www-data"
  trusted_proxies = ["10.0.0.0/8"]

  engine {
    tls   = "auto"
    cache = "auto"
    web   = "auto"
  }
  cache_storage {
    type = "memory"
    size = "1GiB"
  }
  limits {
    connections = 10000
    websockets  = 5000
    header_size = "16KiB"
    body_size   = "100MiB"
  }
  timeouts {
    header         = "10s"
    idle           = "60s"
    connect        = "5s"
    first_byte     = "60s"
    websocket_idle = "24h"
    drain          = "30s"
  }
  log {
    access = "stdout"
    format = "json"
    level  = "info"
  }
}

site "vzine.us" {
  aliases = ["www.vzine.us"]

  tls {
    certificate = "certs/server.crt"
    key         = "certs/server.key"
    min_version = "1.2"
  }

  backend "goliath" {
    servers = ["127.0.0.1:5000"]
    command = ["bundle", "exec", "ruby", "app.rb", "-p", "5000"]
    env     = { RACK_ENV = "production" }
    dir     = "."
  }

  cache {
    grace          = "10s"
    stale_if_error = "1h"
    ignore_cookies = ["_ga*"]
  }

  maintenance {
    page        = "public/maintenance.html"
    retry_after = "5m"
  }

  route "/" {
    static {
      root      = "public"
      index     = ["index.html", "index.htm"]
      try_files = ["$uri", "$uri/index.html", "$uri.html"]
    }
    backend   = "goliath"
    websocket = true
    cache { ttl = "1h" }
    request_headers {
      set    = { "X-Stage" = "live" }
      remove = ["X-Debug"]
    }
    response_headers {
      set    = { "X-Frame-Options" = "DENY" }
      remove = ["X-Powered-By"]
    }
  }

  route "/old" {
    redirect {
      to     = "/new"
      status = 301
    }
  }
}
