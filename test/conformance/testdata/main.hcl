edge {
  http            = ["127.0.0.1:0"]
  https           = ["127.0.0.1:0"{https6}]
  trusted_proxies = ["127.0.0.9", "127.0.0.10", "10.0.0.0/8", "2001:db8::/32"]

  limits {
    header_size = "8KiB"
    body_size   = "64KiB"
  }
  timeouts {
    connect    = "2s"
    first_byte = "2s"
    drain      = "5s"
  }
  log {
    access = "{dir}/access.log"
  }
  metrics { listen = "127.0.0.1:0" }
  trace { otlp = "{collector}" }
}

site "main.test" {
  aliases = ["www.main.test", "old.main.test"]
  hosts   = ["own.shop.second.test", "**.deep.wide.second.test", "*.one.wide.second.test"]
  tls { self_signed = true }

  backend "app" { servers = ["{app}"] }
  backend "moving" { servers = ["{moving}"] }
  backend "six" { servers = ["{six}"] }
  backend "rules" { servers = ["{rules}"] }
  backend "late" { servers = ["{late}"] }
  backend "room" { servers = ["{room}"] }
  backend "pair" { servers = ["{one}", "{two}"] }
  backend "retry" { servers = ["{one}", "{two}"] }
  backend "twice" { servers = ["{one}", "{two}"] }
  backend "once" { servers = ["{one}", "{two}"] }
  backend "another" { servers = ["{one}", "{two}"] }
  backend "half" { servers = ["{dead}", "{alive}"] }
  backend "dead" { servers = ["{dead}"] }
  backend "gone" { servers = ["{dead}", "{dead2}"] }
  backend "local" { servers = ["unix:{unix}"] }

  cache {
    grace          = "1s"
    stale_if_error = "1h"
    ignore_cookies = ["_ga*", "theme"]
    ignore_query   = ["utm_*", "fbclid", "a.b[]", "*_by"]
  }

  route "/" { backend = "app" }
  route "/dav" {
    backend = "app"
    methods = ["PURGE", "GET", "PROPFIND", "LOCK"]
    response_headers { set = { "X-Frame-Options" = "DENY" } }
  }
  route "/posts" {
    backend = "app"
    methods = ["POST"]
  }
  route "/room" {
    backend   = "room"
    websocket = true
  }
  route "/ws" {
    backend   = "app"
    websocket = true
    request_headers {
      set    = { "X-Stage" = "live" }
      remove = ["X-Debug"]
    }
    response_headers { set = { "X-Frame-Options" = "DENY" } }
  }
  route "/ws/cached" {
    backend   = "app"
    websocket = true
    cache { ttl = "1h" }
  }
  route "/dead-ws" {
    backend   = "dead"
    websocket = true
  }
  route "/pair-ws" {
    backend   = "pair"
    websocket = true
  }
  route "/local-ws" {
    backend   = "local"
    websocket = true
  }
  route "/pair" { backend = "pair" }
  route "/retry" { backend = "retry" }
  route "/twice" { backend = "twice" }
  route "/once" { backend = "once" }
  route "/another" { backend = "another" }
  route "/half" { backend = "half" }
  route "/dead" { backend = "dead" }
  route "/gone" { backend = "gone" }
  route "/local" { backend = "local" }
  route "/moving" { backend = "moving" }
  route "/six" {
    backend   = "six"
    websocket = true
  }
  route "/breaks" { backend = "rules" }
  route "/late" { backend = "late" }

  route "/ttl" {
    backend = "app"
    cache { ttl = "1h" }
  }
  route "/brief" {
    backend = "app"
    cache { ttl = "1s" }
  }

  route "/rules" {
    backend = "app"
    request_headers {
      set = {
        "X-Quote"  = "say \"hi\" $uri ; {x}"
        "X-Dollar" = "$host $${http_host} ~ # ' \\"
      }
      add    = { "X-List" = "more, $x", "X-Lines" = "3" }
      remove = ["X-Debug", "Accept-Language"]
    }
    response_headers {
      set = {
        "Content-Security-Policy" = "default-src 'self'; img-src \"x\" $host # no comment"
        "X-Frame-Options"         = "DENY"
      }
      add    = { "X-List" = "more", "X-Lines" = "3" }
      remove = ["X-Powered-By", "X-Internal"]
    }
  }

  route "/old" {
    redirect {
      to     = "/new"
      status = 301
    }
  }
  route "/temporary" {
    redirect { to = "https://example.com:8443/a?b=c&d=%22'();,*~!@#part" }
  }
  route "/kept" {
    redirect {
      to    = "/target#part"
      query = "keep"
    }
  }
  route "/kept/more" {
    redirect {
      to    = "https://example.com/a?b=c#part"
      query = "keep"
    }
  }
  route "/see" {
    redirect {
      to     = "/seen"
      status = 303
    }
  }
  route "/keep" {
    redirect {
      to     = "/kept"
      status = 308
    }
    response_headers {
      set = {
        "Cache-Control" = "max-age=60"
        "X-Kept"        = "yes"
      }
    }
  }
}

site "second.test" {
  aliases = ["www.second.test", "old.shop.second.test"]
  hosts   = ["api.second.test", "*.shop.second.test", "**.wide.second.test"]
  tls { self_signed = true }
  hsts { include_subdomains = true }
  backend "app" { servers = ["{other}"] }
  route "/" { backend = "app" }
  route "/ttl" {
    backend = "app"
    cache { ttl = "1h" }
  }
}

# What is stale stays good for longer than a busy machine takes.
site "patient.test" {
  tls { self_signed = true }
  cache { grace = "1h" }
  backend "app" { servers = ["{app}"] }
  route "/" {
    backend = "app"
    cache { ttl = "1s" }
  }
}

site "told.test" {
  tls { self_signed = true }
  cache {
    grace          = "1s"
    stale_if_error = "1h"
    status_header  = true
  }
  backend "app" { servers = ["{app}"] }
  backend "dead" { servers = ["{dead}"] }
  route "/" { backend = "app" }
  route "/ttl" {
    backend = "app"
    cache { ttl = "1h" }
  }
  route "/brief" {
    backend = "app"
    cache { ttl = "1s" }
  }
  route "/files" {
    static { root = "public" }
    error_page "404" { file = "pages/404.html" }
  }
  route "/gone" {
    backend = "dead"
    error_page "5xx" { file = "pages/5xx.html" }
  }
}

# No route "/": what no route covers is 404.
site "partial.test" {
  tls { self_signed = true }
  backend "app" { servers = ["{other}"] }
  cache { heuristic = true }
  route "/only" { backend = "app" }
}

site "127.0.0.1" {
  tls { self_signed = true }
  backend "app" { servers = ["{other}"] }
  route "/" { backend = "app" }
}

site "files.test" {
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  route "/" {
    static {
      root      = "public"
      index     = ["missing.html", "index.html"]
      try_files = ["$uri", "$uri/", "$uri.html"]
    }
    response_headers { set = { "X-Frame-Options" = "DENY" } }
  }
  route "/both" {
    static {
      root      = "public"
      try_files = ["$uri"]
    }
    backend = "app"
  }
  route "/fixed" {
    static {
      root      = "public"
      try_files = ["$uri", "/page.html"]
    }
  }
  route "/first" {
    static {
      root      = "public"
      try_files = ["/first$uri", "/first.txt", "/letters.txt"]
    }
  }
  route "/stored" {
    static {
      root      = "public"
      try_files = ["/letters.txt"]
    }
    cache { ttl = "1h" }
  }
}

# Files that the cache keeps for a while.
site "kept.test" {
  tls { self_signed = true }
  cache { status_header = true }
  route "/" {
    static { root = "public" }
    cache { ttl = "1h" }
  }
  route "/brief" {
    static { root = "public" }
    cache { ttl = "1s" }
  }
  route "/inside" {
    static { root = "public" }
    allow = ["127.0.0.1"]
    cache { ttl = "1h" }
  }
}

# Pages for errors.
site "pages.test" {
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  backend "dead" { servers = ["{dead}"] }
  cache { stale_if_error = "1h" }
  route "/" {
    static { root = "public" }
    error_page "404" { file = "pages/404.html" }
    compress {}
  }
  route "/ttl" {
    static { root = "public" }
    cache { ttl = "1h" }
    error_page "404" { file = "pages/404.html" }
  }
  route "/dead" {
    backend = "dead"
    error_page "5xx" { file = "pages/5xx.html" }
    error_page "502" { file = "pages/502.txt" }
    compress {}
  }
  route "/late" {
    backend = "app"
    error_page "404" { file = "pages/404.html" }
    error_page "5xx" { file = "pages/5xx.html" }
    response_headers { set = { "X-Late" = "yes" } }
  }
  route "/gone" {
    backend = "dead"
    error_page "502" { file = "pages/gone.html" }
  }
  route "/door" {
    backend   = "app"
    methods   = ["GET", "POST"]
    body_size = "1KiB"
    deny      = ["127.0.0.4"]
    basic_auth { users_file = "users" }
    error_page "401" { file = "pages/401.html" }
    error_page "403" { file = "pages/403.html" }
    error_page "405" { file = "pages/405.html" }
    error_page "413" { file = "pages/413.html" }
    response_headers { set = { "X-Door" = "yes" } }
  }
  route "/door/address" {
    backend = "app"
    deny    = ["127.0.0.4"]
    error_page "403" { file = "pages/403.html" }
    error_page "413" { file = "pages/gone.html" }
    error_page "405" { file = "pages/gone.html" }
  }
  route "/door/often" {
    backend   = "app"
    websocket = true
    rate_limit {
      key   = "header:X-Key"
      rate  = "1/d"
      burst = 0
    }
    error_page "429" { file = "pages/429.html" }
  }
  route "/door/nobody" {
    backend = "app"
    forward_auth { backend = "dead" }
    error_page "5xx" { file = "pages/5xx.html" }
  }
  route "/door/file" {
    static {
      root      = "public"
      try_files = ["/letters.txt"]
    }
    error_page "405" { file = "pages/405.html" }
  }
}

# Apps that hand requests over.
site "handed.test" {
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  backend "other" { servers = ["{other}"] }
  backend "dead" { servers = ["{dead}"] }
  cache { tags = "X-Tags" }
  route "/" {
    backend = "app"
    response_headers { set = { "X-Outer" = "yes" } }
    error_page "404" { file = "pages/404.html" }
  }
  route "/ttl" {
    backend = "app"
    cache { ttl = "1h" }
  }
  route "/packed" {
    backend = "app"
    compress { min_size = "10B" }
  }
  route "/both" {
    static { root = "public" }
    backend   = "app"
    websocket = true
  }
  route "/files" {
    internal = true
    static { root = "public" }
  }
  route "/files/open" { backend = "app" }
  route "/sub" {
    internal = true
    static { root = "public" }
    backend = "other"
  }
  route "= /exact" {
    internal = true
    rewrite { add_prefix = "/letters" }
    backend = "other"
  }
  route "~ ^/with (?:space|more)\\.txt$" {
    internal = true
    static { root = "public" }
  }
  route "/store" {
    internal = true
    backend  = "other"
    rewrite {
      strip_prefix = "/store"
      add_prefix   = "/bucket"
    }
    request_headers { set = { "X-Key" = "secret" } }
  }
  route "/dead" {
    internal = true
    backend  = "dead"
  }
}

# Answers that are compressed.
site "packed.test" {
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  route "/" {
    backend = "app"
    compress {}
  }
  route "/gzip" {
    backend = "app"
    compress {
      algorithms = ["gzip"]
      min_size   = "10B"
      types      = ["text/plain"]
    }
  }
  route "/files" {
    static {
      root      = "public"
      try_files = ["$uri"]
    }
    backend = "app"
    compress {}
  }
  route "/files/stored" {
    static {
      root      = "public"
      try_files = ["/files/words.txt"]
    }
    cache { ttl = "1h" }
    compress {}
  }
}

site "down.test" {
  tls { self_signed = true }
  backend "app" { servers = ["{other}"] }
  maintenance {
    page        = "maintenance/page.html"
    retry_after = "7m"
  }
  route "/" {
    static { root = "public" }
    backend = "app"
  }
  route "/ws" {
    backend   = "app"
    websocket = true
  }
  route "/ttl" {
    backend = "app"
    cache { ttl = "1h" }
  }
}

# Files below routes of others.
site "slashes.test" {
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  backend "other" { servers = ["{other}"] }
  backend "dead" { servers = ["{dead}"] }
  route "/" {
    static { root = "public" }
  }
  route "/sub" { backend = "other" }
  route "/ordered" {
    static {
      root      = "public"
      try_files = ["$uri", "$uri.html", "$uri/"]
    }
    backend = "app"
  }
  route "/reversed" {
    static {
      root      = "public"
      try_files = ["$uri/", "$uri.html"]
    }
  }
  route "/success" {
    backend = "app"
    cache { ttl = "1h" }
    response_headers {
      set = {
        "cache-control" = "immutable"
        "ETag"          = "\"fixed\""
        "Expires"       = "Thu, 01 Jan 2099 00:00:00 GMT"
        "Last-Modified" = "Mon, 01 Jan 2024 00:00:00 GMT"
        "X-Always"      = "yes"
      }
      remove = ["X-Powered-By"]
    }
  }
  route "/success/dead" {
    backend = "dead"
    response_headers { set = { "Cache-Control" = "immutable", "X-Always" = "yes" } }
  }
  route "/success/files" {
    static {
      root      = "public"
      try_files = ["/letters.txt$uri", "/under$uri", "/under$uri/index.html"]
    }
    response_headers { set = { "Cache-Control" = "immutable", "X-Always" = "yes" } }
  }
  route "/default" {
    backend   = "app"
    websocket = true
    cache { ttl = "1h" }
    request_headers {
      default = { "X-Stage" = "live", "accept-language" = "en" }
    }
    response_headers {
      default = {
        "Cache-Control"   = "max-age=60"
        "Referrer-Policy" = "same-origin"
        "x-frame-options" = "DENY"
      }
    }
  }
  route "/default/files" {
    static {
      root      = "public"
      try_files = ["/letters.txt$uri", "/under$uri", "/under$uri/index.html"]
    }
    response_headers {
      default = {
        "Cache-Control"   = "max-age=60"
        "Referrer-Policy" = "same-origin"
        "x-frame-options" = "DENY"
      }
    }
  }
  route "/below" {
    static {
      root      = "public"
      try_files = ["/under$uri", "/under$uri/index.html"]
    }
  }
  route "/list" {
    redirect { to = "/elsewhere" }
  }
  route "/both" {
    static { root = "public" }
    backend = "app"
  }
  route "/ws" {
    backend   = "app"
    websocket = true
  }
}

# What nobody should do: the root holds the keys.
site "private.test" {
  tls {
    certificate = ["certs/rsa.pem", "certs/private.crt"]
    key         = ["certs/rsa.pem", "certs/private.key"]
  }
  route "/" {
    static {
      root      = "."
      try_files = ["$uri", "$uri.key", "/certs$uri"]
    }
  }
}

# Routes that more than a path says.
site "routes.test" {
  aliases = ["www.routes.test"]
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  backend "other" { servers = ["{other}"] }
  cache { ignore_cookies = ["_ga*"] }

  route "/" {
    backend = "other"
    response_headers { set = { "X-Route" = "rest" } }
  }
  route "~ ^/u/(?<id>[0-9]+)$" {
    backend   = "app"
    websocket = true
    request_headers { set = { "X-Stage" = "user" } }
    response_headers { set = { "X-Route" = "user" } }
  }
  route "~ ^/u/" {
    backend = "app"
    response_headers { set = { "X-Route" = "users" } }
  }
  route "~ ^/files/.+\\.txt$" {
    static {
      root      = "public"
      try_files = ["/letters.txt"]
    }
    response_headers { set = { "X-Route" = "text" } }
  }
  route "~ ^/word/[^\\W_]+\\b[.]\\S$" {
    backend = "app"
    response_headers { set = { "X-Route" = "word" } }
  }
  route "~ (?i)^/Folded/K" {
    backend = "app"
    response_headers { set = { "X-Route" = "folded" } }
  }
  route "~ ^/line/[a-z]+$" {
    backend = "app"
    response_headers { set = { "X-Route" = "line" } }
  }
  route "~ ^/byte/..$" {
    backend = "app"
    response_headers { set = { "X-Route" = "byte" } }
  }
  route "~ ^/far/(.+)/([^/]+)\\.html$" {
    backend = "app"
    response_headers { set = { "X-Route" = "far" } }
  }
  route "/u/5" {
    backend = "other"
    response_headers { set = { "X-Route" = "prefix" } }
  }
  route "= /u/7" {
    backend = "app"
    response_headers { set = { "X-Route" = "exact" } }
  }
  route "= /dir/" {
    backend = "app"
    response_headers { set = { "X-Route" = "slash" } }
  }
  route "= /" {
    backend = "app"
    response_headers { set = { "X-Route" = "front" } }
  }

  route "/api" {
    match { methods = ["POST", "PUT"] }
    backend = "app"
    response_headers { set = { "X-Route" = "write" } }
  }
  route "/api" {
    match { query = { "a b" = "x=&y", v = "2" } }
    backend = "app"
    response_headers { set = { "X-Route" = "both" } }
  }
  route "/api" {
    match { query = { v = "2" } }
    backend = "app"
    response_headers { set = { "X-Route" = "two" } }
  }
  route "/api" {
    match { query = { q = "begin*" } }
    backend = "app"
    response_headers { set = { "X-Route" = "begin" } }
  }
  route "/api" {
    match {
      methods = ["GET"]
      head    = false
      query   = { got = "1" }
    }
    backend = "app"
    response_headers { set = { "X-Route" = "got" } }
  }
  route "/api" {
    match { query = { flag = "" } }
    backend = "app"
    response_headers { set = { "X-Route" = "flag" } }
  }
  route "/api" {
    match { query = { any = "*" } }
    backend = "app"
    response_headers { set = { "X-Route" = "any" } }
  }

  route "/beta" {
    match { headers = { "X-Beta" = "1" } }
    backend   = "app"
    websocket = true
    cache { ttl = "1h" }
    response_headers { set = { "X-Route" = "beta" } }
  }
  route "/beta" {
    match { headers = { "X-Stage" = "pre*", "Accept-Language" = "*de*", "X-End" = "*end", "Cookie" = "*", "X-Comma" = "a, b" } }
    backend = "app"
    response_headers { set = { "X-Route" = "globs" } }
  }
  route "/beta" {
    backend = "other"
    cache { ttl = "1h" }
    response_headers { set = { "X-Route" = "plain" } }
  }
  route "/beta/only" {
    match { headers = { "X-Beta" = "*" } }
    backend = "app"
    methods = ["GET"]
    response_headers { set = { "X-Route" = "only" } }
  }
}

# Redirects and rewritten targets that the path says.
site "leads.test" {
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  backend "pair" { servers = ["{one}", "{two}"] }
  backend "named" {
    servers = ["{app}"]
    host    = "inner.test:8443"
  }
  backend "hasty" {
    servers = ["{app}"]
    timeouts { first_byte = "500ms" }
  }
  backend "patient" {
    servers = ["{app}"]
    timeouts {
      connect       = "1s"
      first_byte    = "8s"
      between_bytes = "8s"
    }
  }
  backend "watched" {
    server "{app}" { weight = 2 }
    host = "watched.test"
    timeouts { first_byte = "500ms" }
  }

  route "/named" {
    backend   = "named"
    websocket = true
  }
  route "/named/watched" {
    backend   = "watched"
    websocket = true
  }
  route "/hasty" { backend = "hasty" }
  route "/small" {
    backend   = "app"
    body_size = "1KiB"
  }
  route "/large" {
    backend   = "app"
    body_size = "96KiB"
  }
  route "/large/stream" {
    backend   = "app"
    stream    = true
    body_size = "128KiB"
  }
  route "/patient" { backend = "patient" }
  route "~ ^/user/(?<id>[^/]+)/([^/]+)$" {
    redirect {
      to    = "/users/{id}?tab={2}#{1}"
      query = "keep"
    }
  }
  route "~ ^/go(.*)$" {
    redirect { to = "/{1}" }
  }
  route "~ (?i)^/out/(en|de)?/?(.+)$" {
    redirect {
      to     = "https://example.com/{1}/{2}"
      status = 308
    }
  }
  route "/moved" {
    redirect {
      to    = "/else/?a=b#c"
      path  = "keep"
      query = "keep"
    }
  }
  route "/moved/out" {
    redirect {
      to   = "https://example.com"
      path = "keep"
    }
  }
  route "/root" {
    redirect {
      to   = "/"
      path = "keep"
    }
  }

  route "/app" {
    rewrite {
      strip_prefix = "/app"
      add_prefix   = "/v2"
    }
    backend   = "app"
    websocket = true
    cache { ttl = "1h" }
  }
  route "/bare" {
    rewrite { strip_prefix = "/bare" }
    static {
      root      = "public"
      try_files = ["$uri"]
    }
    backend = "app"
  }
  route "/added" {
    rewrite { add_prefix = "/v3" }
    backend = "app"
    stream  = true
  }
  route "/again" {
    rewrite { strip_prefix = "/again" }
    backend = "pair"
  }
  route "/profile" {
    rewrite {
      pattern     = "^/profile/(?<id>[^/]+)$"
      replacement = "/users?id={id}"
    }
    backend = "app"
  }
}

# Sites with one rule each about who may come in, and one with odd ones.
{guarded}

site "counted.test" {
  aliases = ["www.counted.test"]
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  backend "dead" { servers = ["{dead}"] }
  route "/" {
    static { root = "{dir}/public" }
    backend = "app"
  }
  route "/ttl" {
    backend = "app"
    cache { ttl = "1h" }
  }
  route "= /exact" {
    backend = "app"
    methods = ["GET"]
  }
  route "~ ^/u/[0-9]+$" {
    redirect { to = "/users" }
  }
  route "/dead" { backend = "dead" }
  route "/ws" {
    backend   = "app"
    websocket = true
  }
}
site "gates.test" {
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  backend "dead" { servers = ["{dead}"] }
  route "/nobody" {
    backend = "app"
    forward_auth { backend = "dead" }
  }
  route "/changing" {
    static {
      root      = "public"
      try_files = ["/letters.txt"]
    }
    basic_auth { users_file = "changing" }
  }
  route "/rules" {
    backend = "app"
    rate_limit {
      key   = "header:X-Key"
      rate  = "1/d"
      burst = 1
    }
    request_headers {
      set    = { "X-Set" = "1" }
      add    = { "X-Added" = "2" }
      remove = ["X-Key"]
    }
  }
  route "/all" {
    backend = "app"
    deny    = ["127.0.0.4", "127.0.1.4", "127.0.2.4"]
    rate_limit { rate = "2/d" }
    basic_auth { users_file = "users" }
    forward_auth {
      backend = "app"
      path    = "/verify"
    }
  }
}
