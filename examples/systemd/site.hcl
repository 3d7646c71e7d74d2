# The site that edgegen.service runs, at /etc/edgegen/site.hcl. Its listeners are
# those of edgegen.socket.

edge {
  http  = [":80"]
  https = [":443"]

  # No `user`: edgegen is not root there, and all run as the unit's User=.

  timeouts {
    drain = "30s" # less than TimeoutStopSec= of the unit
  }

  log {
    access = "stdout" # to the journal, one JSON object a line
  }
}

site "example.com" {
  aliases = ["www.example.com"]

  # A certificate of the local authority, to try it with. For a real one:
  #   certificate = "/etc/edgegen/example.com.crt"
  #   key         = "/etc/edgegen/example.com.key"
  # both readable by the group edgegen.
  tls {
    self_signed = true
  }

  # An app with a unit of its own, which need not be told of edgegen.
  backend "app" {
    servers = ["127.0.0.1:5000"]
  }

  route "/" {
    static {
      root = "public"
    }
    backend   = "app"
    websocket = true
  }
}
