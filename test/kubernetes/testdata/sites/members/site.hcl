# Members by the name of a Service, with a secret of the environment.
edge {
  http        = [":8080"]
  https       = [":8443"]
  public_port = 443
  metrics { listen = ":9145" }
  cluster {
    members = ["edge-members:6443"]
    secret  = env("CLUSTER_SECRET", "one of 32 characters for a trial")
  }
}

site "members.test" {
  tls { self_signed = true }
  backend "app" { servers = ["app.default.svc:5000"] }
  route "/" { backend = "app" }
}
