# What holds for all sites.

edge {
  http  = [":80"]
  https = [":443"]

  health_path = "/healthz"

  cache_storage { size = "512MiB" }

  limits {
    connections = 4000
    websockets  = 1000
    header_size = "16KiB"
    body_size   = "20MiB"
  }

  timeouts {
    first_byte     = "30s"
    between_bytes  = "30s"
    websocket_idle = "1h"
    drain          = "20s"
  }

  log {
    access  = "stdout"
    format  = "json"
    exclude = ["/healthz"]
    slow    = "2s"
  }

  # Let's Encrypt, where the stage is live.
  dynamic "acme" {
    for_each = local.live ? [var.email] : []
    content {
      email = acme.value
    }
  }
}
