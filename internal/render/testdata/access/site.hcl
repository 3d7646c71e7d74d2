# Who may come in: by address, by how often, by a password, and by another app's word.

site "example.com" {
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5000"] }
  backend "auth" { servers = ["127.0.0.1:9091"] }
  route "/" {
    backend   = "app"
    websocket = true
    forward_auth {
      backend      = "auth"
      path         = "/api/authz/forward-auth"
      copy_headers = ["Remote-User", "Remote-Groups"]
    }
    request_headers { remove = ["Authorization"] }
  }
  route "/staff" {
    static { root = "public" }
    basic_auth { users_file = "users" }
    allow = ["10.0.0.0/8"]
  }
  route "/api" {
    backend = "app"
    rate_limit {
      key   = "header:X-Api-Key"
      rate  = "100/m"
      burst = 20
    }
  }
  route "/inner" {
    backend = "app"
    allow   = ["10.0.0.0/8", "2001:db8::/32"]
    deny    = ["10.9.0.0/16"]
  }
}
