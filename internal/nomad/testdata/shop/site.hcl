variable "key" {
  type      = string
  default   = "t0p-secret-words"
  sensitive = true
}

edge {
  http        = [":80"]
  https       = [":443"]
  metrics {
    listen = ":9145"
  }
  timeouts {
    drain = "45s"
  }
}

site "shop.example" {
  aliases = ["www.shop.example"]
  tls {
    self_signed = true
  }
  backend "app" {
    servers = ["app.service.consul:5000", "10.0.0.7:8080"]
  }
  route "/" {
    static {
      root = "public"
    }
    backend   = "app"
    websocket = true
  }
  route "/staff" {
    backend = "app"
    basic_auth {
      realm      = "Staff"
      users_file = "htpasswd"
    }
    request_headers {
      set = { "X-Key" = var.key }
    }
  }
}
