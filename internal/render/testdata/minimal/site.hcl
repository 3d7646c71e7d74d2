edge { http = [] }
site "example.com" {
  tls { self_signed = true }
  route "/" {
    static { root = "." }
  }
}
