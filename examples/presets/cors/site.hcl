# Which other origins may read answers in a browser. ../README.md says how.

edge {
  http  = ["localhost:8080"]
  https = ["localhost:8443"]
}

locals {
  origins = ["https://app.example.com", "https://admin.example.com"]
}

site "localhost" {
  tls {
    self_signed = true
  }

  # The app answers preflights (OPTIONS) with any 2xx, as Flask, Express or Rails
  # can be told to; the headers are set here.
  backend "api" {
    servers = ["127.0.0.1:5000"]
  }

  # Fonts and the like are for everybody, without cookies: one answer does for all.
  route "/fonts" {
    static {
      root = "public"
    }
    response_headers {
      set = {
        "Access-Control-Allow-Origin"  = "*"
        "Cross-Origin-Resource-Policy" = "cross-origin"
      }
    }
  }

  # A route for each origin that may read the API, with cookies. The value is
  # compared as a whole: neither "null" nor https://app.example.com.evil.net fits.
  dynamic "route" {
    for_each = local.origins
    labels   = ["/api"]
    content {
      match {
        headers = { Origin = route.value }
      }
      backend = "api"
      response_headers {
        set = {
          "Access-Control-Allow-Origin"      = route.value
          "Access-Control-Allow-Credentials" = "true"
          "Access-Control-Allow-Methods"     = "GET, POST, PUT, PATCH, DELETE"
          "Access-Control-Allow-Headers"     = "Content-Type, Authorization"
          "Access-Control-Expose-Headers"    = "X-Request-Id"
          "Access-Control-Max-Age"           = "600"
          Vary                               = "Origin, Accept-Encoding"
        }
      }
    }
  }

  # Anybody else, and the site's own pages, which ask without Origin. What an app
  # says itself of CORS is taken away: two places that decide are one too many.
  route "/api" {
    backend = "api"
    response_headers {
      set    = { Vary = "Origin, Accept-Encoding" }
      remove = ["Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"]
    }
  }
}
