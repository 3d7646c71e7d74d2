# Several sites with certificates of their own, whose names become alike where what no
# cluster takes is left out of them.

variable "stage" {
  default = "live"
}
variable "token" {
  sensitive = true
  default   = "t0p-secret"
}

edge {
  http        = [":8080", ":8081"]
  https       = [":8443", ":8444"]
  public_port = 443
  protocols   = ["h1", "h2", "h3"]
  health_path = "/healthz"
  resolver    = ["10.96.0.10", "10.96.0.11:5353"]
  metrics { listen = ":9145" }
  trace {
    otlp    = "http://collector.tracing.svc:4318"
    headers = { Authorization = var.token }
  }
  timeouts { drain = "90s" }
}

site "a-b.example" {
  aliases = ["www.a-b.example"]
  hosts   = ["*.a-b.example"]
  tls {
    certificate = "tls/a-b.crt"
    key         = "tls/a-b.key"
    client_ca   = "conf/clients.pem"
    client_auth = "optional"
  }
  backend "app" {
    servers = ["https://app.default.svc:8443", "https://[fd00::7]:8443"]
    tls {
      ca          = "conf/clients.pem"
      certificate = "tls/client.crt"
      key         = "tls/client.key"
    }
    health { path = "/" }
  }
  route "/" {
    static { root = "public" }
    backend   = "app"
    websocket = true
  }
  route "/staff" {
    backend = "app"
    basic_auth { users_file = "conf/staff users.htpasswd" }
  }
}

site "a.b.example" {
  tls {
    certificate = "tls/a.b.crt"
    key         = "tls/a.b.key"
  }
  backend "app" {
    servers = ["https://10.0.0.7:5000"]
    tls {
      certificate = "tls/other.crt"
      key         = "tls/other.key"
    }
  }
  route "/" { backend = "app" }
}

site "a-very-long-host-name-that-is-cut.first.example" {
  tls {
    certificate = "tls/first.pem"
    key         = "tls/first.pem"
  }
  route "/" {
    redirect { to = "https://a-b.example/${var.stage}" }
  }
}

site "a-very-long-host-name-that-is-cut.second.example" {
  tls {
    certificate = "tls/second.crt"
    key         = "tls/second.key"
  }
  route "/" {
    redirect { to = "https://a-b.example/" }
  }
}
