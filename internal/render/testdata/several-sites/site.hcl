# Three sites, names in every form, one listener.

site "example.com" {
  aliases = ["www.example.com", "example.org", "EXAMPLE.net."]
  tls { self_signed = true }
  route "/" {
    static { root = "public" }
  }
}

site "under_score.example.com" {
  aliases = ["xn--bcher-kva.example"]
  hosts   = ["api.example.com", "*.example.com", "*.shop.example.com"]
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5001"] }
  route "/" { backend = "app" }
}

site "192.0.2.7" {
  aliases = ["[2001:db8::7]"]
  default = true
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5002"] }
  route "/" { backend = "app" }
}

site "2001:db8::8" {
  tls { self_signed = true }
  backend "app" { servers = ["[::1]:5003"] }
  route "/" { backend = "app" }
}
