# Headers that tell browsers to be careful. ../README.md says what each is for.

edge {
  http  = ["localhost:8080"]
  https = ["localhost:8443"]
}

locals {
  careful = {
    "Content-Security-Policy"      = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    "Cross-Origin-Opener-Policy"   = "same-origin"
    "Cross-Origin-Resource-Policy" = "same-origin"
    "Permissions-Policy"           = "camera=(), geolocation=(), microphone=()"
    "Referrer-Policy"              = "strict-origin-when-cross-origin"
    "X-Content-Type-Options"       = "nosniff"
  }
  talkative = ["Server", "X-Powered-By"]
}

site "localhost" {
  tls {
    self_signed = true
  }

  # Strict-Transport-Security is for the whole site, and has a block of its own.
  # Begin with minutes: what browsers have noted cannot be called back from those
  # who do not come again. A site that is sure writes "1y".
  hsts {
    max_age = "5m"
  }

  route "/" {
    static {
      root = "public"
    }
    response_headers {
      set    = local.careful
      remove = local.talkative
    }
  }

  # What other sites may show in a frame, and nothing else of this one.
  route "/widget" {
    static {
      root      = "public"
      try_files = ["$uri", "$uri.html"]
    }
    response_headers {
      set = merge(local.careful, {
        "Content-Security-Policy"      = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors https:; object-src 'none'"
        "Cross-Origin-Resource-Policy" = "cross-origin"
      })
      remove = local.talkative
    }
  }
}
