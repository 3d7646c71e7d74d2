# What is promised of this site, held by `edgegen test`, with nothing running.

test "an origin of the list may read, with cookies" {
  request {
    url     = "https://localhost:8443/api/orders"
    headers = { Origin = "https://app.example.com" }
  }
  expect {
    backend = "api"
    headers = {
      "Access-Control-Allow-Origin"      = "https://app.example.com"
      "Access-Control-Allow-Credentials" = "true"
      Vary                               = "Origin, Accept-Encoding"
    }
  }
}

test "its preflight is for the app, and has the headers too" {
  request {
    method = "OPTIONS"
    url    = "https://localhost:8443/api/orders"
    headers = {
      Origin                          = "https://admin.example.com"
      "Access-Control-Request-Method" = "PUT"
    }
  }
  expect {
    backend = "api"
    headers = {
      "Access-Control-Allow-Origin"  = "https://admin.example.com"
      "Access-Control-Allow-Methods" = "GET, POST, PUT, PATCH, DELETE"
    }
  }
}

test "one that only begins like it may not" {
  request {
    url     = "https://localhost:8443/api/orders"
    headers = { Origin = "https://app.example.com.evil.net" }
  }
  expect {
    headers = { "Access-Control-Allow-Origin" = null, Vary = "Origin, Accept-Encoding" }
  }
}

test "nor may a page in a sandbox" {
  request {
    url     = "https://localhost:8443/api/orders"
    headers = { Origin = "null" }
  }
  expect {
    headers = { "Access-Control-Allow-Credentials" = null }
  }
}

test "a font is for everybody" {
  request {
    url     = "https://localhost:8443/fonts/readme.txt"
    headers = { Origin = "https://elsewhere.example" }
  }
  expect {
    status  = 200
    headers = { "Access-Control-Allow-Origin" = "*", "Access-Control-Allow-Credentials" = null }
  }
}
