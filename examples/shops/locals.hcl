# What follows from the variables and from shops.json, once for all files.

locals {
  shops = jsondecode(file("shops.json"))

  # Every shop by its name, with what it does not say itself.
  shop = {
    for name, s in local.shops : name => {
      host      = "${name}.${var.domain}"
      language  = s.language
      app       = s.app
      ttl       = try(s.ttl, "5m")
      websocket = try(s.websocket, false)
      closed    = toset(try(s.closed, []))
    }
  }

  languages = distinct(sort([for s in local.shop : s.language]))
  hosts     = [for s in local.shop : s.host]

  live = var.stage == "live"

  # Headers that every answer has.
  hardened = {
    "X-Content-Type-Options" = "nosniff"
    "X-Frame-Options"        = "SAMEORIGIN"
    "Referrer-Policy"        = "strict-origin-when-cross-origin"
  }

  # Headers that every app gets.
  known = {
    "X-Proxy-Token" = var.api_token
    "X-Stage"       = var.stage
  }

  # What analytics add to a URL, which tells no page from another.
  tracking = ["utm_*", "gclid", "fbclid", "mc_*"]

  # Cookies of analytics and of consent: nobody's session.
  harmless = ["_ga*", "_gid", "consent", "theme"]
}
