edge {
  http  = ["localhost:8080"]
  https = ["localhost:8443"]
  metrics { listen = "127.0.0.1:9145" } # which is the default
}

site "localhost" {
  tls { self_signed = true }

  backend "app" {
    servers = ["127.0.0.1:5000"]
    health { path = "/" }
  }

  route "/" { backend = "app" }
}
