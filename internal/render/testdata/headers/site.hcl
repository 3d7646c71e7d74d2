# What stands in a value reaches the app and the client as it is written here.

site "example.com" {
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5000"] }

  route "/" {
    backend = "app"
    request_headers {
      set = {
        "X-Quotes"    = "\"quoted\" and 'single'."
        "X-Dollar"    = "$host $${host} $1 \\1 %0a %%"
        "X-Semicolon" = "a; b } c { d # e // f /* g */"
        "X_Under"     = "under_score"
      }
      remove = ["X-Debug", "x-lower"]
    }
    response_headers {
      set = {
        "Content-Security-Policy" = "default-src 'self'; script-src 'nonce-\"x\" y'"
        "X-Unicode"               = "zażółć gęślą jaźń ✓"
        "X-Backslash"             = "C:\\new\\table"
        "NEL"                     = "{\"report_to\":\"default\",\"max_age\":31536000}"
        "Report-To"               = "{\"endpoints\":[{\"url\":\"https://example.org/\"}]}"
        "Link"                    = "</style.css>; rel=\"preload\""
        "Server"                  = "none of your business"
      }
      remove = ["X-Powered-By"]
    }
  }

  route "/quiet" {
    backend = "app"
    request_headers {
      default = { "Accept-Language" = "en; \"q\"=1 } # $host" }
    }
    response_headers {
      remove = ["ETag", "Set-Cookie"]
      default = {
        "Cache-Control"   = "max-age=60"
        "Referrer-Policy" = "a\"; b } c"
      }
    }
  }
}
