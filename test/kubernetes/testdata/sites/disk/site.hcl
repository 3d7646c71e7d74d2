# A large cache on the disk, and an access log in a file.

edge {
  http = []
  cache_storage {
    type = "file"
    size = "20GiB"
    path = "/tmp/cache.bin"
  }
  log { access = "/tmp/access.log" }
  metrics { listen = ":9145" }
}

site "192.0.2.7" {
  tls { self_signed = true }
  route "/" {
    redirect { to = "https://example.com/" }
  }
}
