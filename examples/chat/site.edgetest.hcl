# What is promised of this site, held by `edgegen test`, with nothing running.

test "a file under /assets is served, and kept for a minute" {
  request {
    url = "https://localhost:8443/assets/room.js"
  }
  expect {
    status = 200
    route  = "/assets"
    cache  = ["MISS", "HIT"]
  }
}

test "what is no file under /assets is nobody's" {
  request {
    url = "https://localhost:8443/assets/none.js"
  }
  expect {
    status  = 404
    backend = ""
  }
}

test "a form is for the app" {
  request {
    method = "POST"
    url    = "https://localhost:8443/login"
  }
  expect {
    cache   = "PASS"
    backend = "chat"
    headers = { "X-Content-Type-Options" = "nosniff" }
  }
}

test "the room is a WebSocket" {
  request {
    url = "wss://localhost:8443/ws"
    headers = {
      Connection              = "Upgrade"
      Upgrade                 = "websocket"
      "Sec-WebSocket-Key"     = "dGhlIHNhbXBsZSBub25jZQ=="
      "Sec-WebSocket-Version" = "13"
    }
  }
  expect {
    route   = "/ws"
    backend = "chat"
    answer  = "101: a WebSocket"
  }
}

test "and nothing else is" {
  request {
    url     = "wss://localhost:8443/"
    headers = { Connection = "Upgrade", Upgrade = "websocket", "Sec-WebSocket-Version" = "13" }
  }
  expect {
    app_headers = { "Sec-WebSocket-Version" = null }
  }
}
