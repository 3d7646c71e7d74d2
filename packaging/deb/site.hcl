# The site that edgegen.service runs. Its listeners are those of edgegen.socket;
# `edgegen validate /etc/edgegen/site.hcl` looks a change over, and
# `systemctl reload edgegen` takes it into service.

edge {
  http  = [":80"]
  https = [":443"]

  timeouts {
    drain = "30s" # less than TimeoutStopSec= of the unit
  }

  log {
    access = "stdout" # to the journal, one JSON object a line
  }
}

site "localhost" {
  # A certificate of the local authority, to try it with. For one that browsers
  # believe, name your own host above and write `acme = true` instead.
  tls {
    self_signed = true
  }

  route "/" {
    static {
      root = "/usr/share/edgegen/public"
    }
  }
}
