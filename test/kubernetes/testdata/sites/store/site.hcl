# Members by the EndpointSlices of a Service, and a certificate of an authority that all have
# in common.
edge {
  http        = [":8080"]
  https       = [":8443"]
  public_port = 443
  metrics { listen = ":9145" }
  acme {
    email = "ops@store.test"
    store = "kubernetes://web/store"
  }
  cluster {
    listen  = ":7443"
    members = ["kubernetes://web/edge-members"]
    secret  = file("cluster.secret")
  }
}

site "store.test" {
  tls { acme = true }
  backend "app" { servers = ["app.default.svc:5000"] }
  route "/" {
    backend   = "app"
    websocket = true
  }
}
