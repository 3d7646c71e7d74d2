# Ports that are in each other's way where clients are given the usual ones.

edge {
  http        = [":8080", ":80", ":443"]
  https       = [":9443", ":8443"]
  public_port = 8443
  health_path = "/healthz"
}

site "example.com" {
  tls { self_signed = true }
  route "/" {
    redirect { to = "https://example.org/" }
  }
}
