# Addresses in every form, and nothing older than TLS 1.3.

edge {
  http  = ["[::1]:8080", "127.0.0.1:8080", ":80"]
  https = [":443", "127.0.0.1:8443", "[::1]:8443", "localhost:9443"]
}

site "example.com" {
  aliases = ["www.example.com"]
  tls {
    self_signed = true
    min_version = "1.3"
  }
  route "/" {
    static { root = "public" }
  }
}
