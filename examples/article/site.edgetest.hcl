# What is promised of this site, held by `edgegen test`, with nothing running.

test "an alias is one redirect away" {
  request {
    url = "http://www.vzine.us/?from=2012"
  }
  expect {
    status  = 301
    headers = { Location = "https://vzine.us/?from=2012" }
  }
}

test "a host that is not listed is nobody's" {
  request {
    url = "https://evil.example/"
  }
  expect {
    status = 421
  }
}

test "robots.txt is a file" {
  request {
    url = "https://vzine.us/robots.txt"
  }
  expect {
    status  = 200
    tier    = "web"
    headers = { "Content-Type" = "text/plain; charset=utf-8" }
  }
}

test "what no file answers is for the app, which sees no forged address" {
  request {
    url     = "https://vzine.us/chat"
    headers = { "X-Forwarded-For" = "198.51.100.7" }
    peer    = "192.0.2.1"
  }
  expect {
    backend     = "goliath"
    app_headers = { "X-Forwarded-For" = "192.0.2.1", "X-Forwarded-Proto" = "https" }
  }
}

test "whoever is logged in is answered by the app" {
  request {
    url     = "https://vzine.us/chat"
    headers = { Cookie = "session=1" }
  }
  expect {
    cache   = "PASS"
    backend = "goliath"
    headers = { Server = null }
  }
}

test "a complete handshake is piped" {
  request {
    url = "wss://vzine.us/ws"
    headers = {
      Connection              = "Upgrade"
      Upgrade                 = "websocket"
      "Sec-WebSocket-Key"     = "dGhlIHNhbXBsZSBub25jZQ=="
      "Sec-WebSocket-Version" = "13"
    }
  }
  expect {
    tier    = "backend"
    backend = "goliath"
    answer  = "a WebSocket"
  }
}

test "half of one is refused" {
  request {
    url     = "wss://vzine.us/ws"
    headers = { Connection = "Upgrade", Upgrade = "websocket" }
  }
  expect {
    status = 400
    answer = "Sec-WebSocket-Key is missing"
  }
}
