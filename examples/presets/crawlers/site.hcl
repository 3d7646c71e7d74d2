# What crawlers are asked, and what is held against those that do not listen.
# ../README.md says what each can and cannot do.

edge {
  http  = ["localhost:8080"]
  https = ["localhost:8443"]
}

locals {
  # Those that collect texts to train models with, by what their User-Agent holds.
  # Google-Extended and Applebot-Extended are words of robots.txt alone.
  training = ["Amazonbot", "Bytespider", "CCBot", "ClaudeBot", "GPTBot", "meta-externalagent"]
}

site "localhost" {
  tls {
    self_signed = true
  }

  # Everybody may read what is asked of them: an exact path goes before all others.
  route "= /robots.txt" {
    static {
      root = "public"
    }
    cache { ttl = "1h" }
  }

  # Regular expressions go before the paths below, so this holds for all of them.
  dynamic "route" {
    for_each = local.training
    labels   = ["~ ^/"]
    content {
      match {
        headers = { "User-Agent" = "*${route.value}*" }
      }
      static {
        root = "public"
      }
      deny = ["0.0.0.0/0", "::/0"]
    }
  }

  # Searching costs the app something. Whoever calls itself a bot asks twice a
  # minute, whatever its address: all requests of one User-Agent share the rate.
  route "/search" {
    match {
      headers = { "User-Agent" = "*bot*" }
    }
    static {
      root      = "public"
      try_files = ["/index.html"]
    }
    rate_limit {
      key  = "header:User-Agent"
      rate = "2/m"
    }
  }

  route "/" {
    static {
      root      = "public"
      try_files = ["$uri", "$uri/", "/index.html"]
    }
  }

  # Pages that search engines are not to list. robots.txt must not forbid them:
  # who may not read a page does not see this either.
  route "/drafts" {
    static {
      root = "public"
    }
    response_headers {
      set = { "X-Robots-Tag" = "noindex" }
    }
  }
}
