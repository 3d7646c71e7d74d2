edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]

  limits {
    connections = 16
    websockets  = 16
  }
  timeouts { drain = "2s" }
  log { access = "off" }
}

site "narrow.test" {
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  route "/" { backend = "app" }
}
