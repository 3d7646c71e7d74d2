# What is promised of this site, held by `edgegen test`, with nothing running.

test "the proxy is believed who the client is" {
  request {
    url     = "https://example.com/account"
    peer    = "127.0.0.1"
    headers = { "X-Forwarded-For" = "198.51.100.7" }
  }
  expect {
    backend     = "app"
    app_headers = { "X-Real-IP" = "198.51.100.7", "X-Forwarded-Proto" = "https" }
  }
}

test "nobody else is" {
  request {
    url     = "http://example.com:8080/account"
    peer    = "192.0.2.9"
    headers = { "X-Forwarded-For" = "198.51.100.7" }
  }
  expect {
    app_headers = { "X-Real-IP" = "192.0.2.9", "X-Forwarded-Proto" = "http" }
  }
}

test "who has spoken plain HTTP to the proxy is led to https" {
  request {
    url     = "https://example.com/a?b"
    headers = { "X-Forwarded-Proto" = "http" }
  }
  expect {
    status  = 301
    headers = { Location = "https://example.com/a?b" }
  }
}
