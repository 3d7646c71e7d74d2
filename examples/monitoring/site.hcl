edge {
  http  = ["localhost:8080"]
  https = ["localhost:8443"]
  metrics {} # on 127.0.0.1:9145
}

site "localhost" {
  tls { self_signed = true }

  backend "app" {
    servers = ["127.0.0.1:5000"]
    command = ["python3", "-m", "http.server", "5000", "--bind", "127.0.0.1"]
    health { path = "/" }
  }

  route "/" { backend = "app" }
}
