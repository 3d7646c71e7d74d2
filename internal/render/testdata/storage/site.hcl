# A cache in a file, the access log in words, and every limit moved.

edge {
  cache_storage {
    type = "file"
    size = "64MiB"
    path = "cache.bin"
  }
  limits {
    connections = 500
    websockets  = 40
    header_size = "8KiB"
    body_size   = "1GiB"
  }
  timeouts {
    header         = "2500ms"
    idle           = "5s"
    connect        = "250ms"
    first_byte     = "90s"
    websocket_idle = "36h"
    drain          = "2s"
  }
  log {
    access = "access.log"
    format = "combined"
    level  = "debug"
  }
}

site "example.com" {
  tls { self_signed = true }
  route "/" {
    static { root = "public" }
  }
}
