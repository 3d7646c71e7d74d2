# The site of a container in which nobody has mounted one at /etc/edgegen.

edge {
  http        = [":8080"]
  https       = [":8443"]
  health_path = "/healthz"
}

site "localhost" {
  tls {
    self_signed = true
  }

  route "/" {
    static {
      root = "/usr/share/edgegen/public"
    }
  }
}
