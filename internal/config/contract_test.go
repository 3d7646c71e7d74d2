package config

const contractExample = `edge {
  http  = [":80"]                  # plain listeners: redirect to https
  https = [":443"]                 # TLS listeners
  user  = "www-data"               # whom the daemons run as when edgegen is root
  trusted_proxies = ["10.0.0.0/8"] # whose forwarded headers are believed; default: nobody's

  engine {                         # default "auto" for each
    tls   = "auto"                 # auto | stunnel | builtin
    cache = "auto"                 # auto | varnish | builtin
    web   = "auto"                 # auto | nginx   | builtin
  }
  cache_storage {
    type = "memory"                # memory | file
    size = "256MiB"
    path = "cache.bin"             # for file
  }
  limits {
    connections   = 10000          # sizes threads, workers and descriptors of every tier
    websockets    = 5000
    header_size   = "16KiB"
    body_size     = "100MiB"
  }
  timeouts {
    header = "10s"                 # to receive a request's head
    idle   = "60s"                 # keep-alive between requests
    connect = "5s"
    first_byte = "60s"             # from the backend
    websocket_idle = "24h"
    drain = "30s"                  # how long a stop or restart waits for work in flight
  }
  log {
    access = "stdout"              # stdout | off | a file
    format = "json"                # json | combined
    level  = "info"
  }
}

site "vzine.us" {                  # the label is the canonical host
  aliases = ["www.vzine.us"]       # answered with a redirect to the canonical host

  tls {
    certificate = "certs/server.crt"   # chain, PEM
    key         = "certs/server.key"
    # or: self_signed = true           # a local CA in the state directory signs it
    min_version = "1.2"
  }

  backend "goliath" {
    servers = ["127.0.0.1:5000"]       # host:port or unix:/path; several are balanced round robin
    command = ["bundle", "exec", "ruby", "app.rb", "-p", "5000"]  # optional: edgegen runs and supervises the app too
    env     = { RACK_ENV = "production" }
    dir     = "/home/webapp/apps/vzine.us"
  }

  cache {
    grace          = "10s"             # serve stale while one fresh copy is fetched
    stale_if_error = "1h"
    ignore_cookies = ["_ga*"]          # any other cookie means: do not serve from or store in the cache
  }

  maintenance {
    page        = "public/maintenance.html"  # while this file exists it is the answer
    retry_after = "5m"
  }

  route "/" {
    static {
      root      = "public"
      index     = ["index.html", "index.htm"]
      try_files = ["$uri", "$uri/index.html", "$uri.html"]
    }
    backend   = "goliath"              # what no file answers
    websocket = true                   # WebSocket upgrades here go straight from the cache tier to the backend
    cache     { ttl = "1h" }           # for responses that name no freshness themselves
    request_headers  { set = { "X-Stage" = "live" }   remove = ["X-Debug"] }
    response_headers { set = { "X-Frame-Options" = "DENY" } remove = ["X-Powered-By"] }
  }

  route "/old" { redirect { to = "/new"  status = 301 } }
}
`
