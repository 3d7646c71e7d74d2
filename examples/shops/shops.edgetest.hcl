# What is promised of these sites, held by `edgegen test`, with nothing running.

test "the front door" {
  request {
    url = "https://shops.example/"
  }
  expect {
    status  = 200
    headers = { "X-Frame-Options" = "SAMEORIGIN" }
  }
}

test "a language leads to its first shop" {
  request {
    url = "https://shops.example/de"
  }
  expect {
    status  = 302
    headers = { "Location" = "https://green.shops.example/" }
  }
}

test "the front door stands for hosts that nobody has" {
  request {
    url = "https://violet.shops.example/nothing"
  }
  expect {
    status = 404
    site   = "shops.example"
  }
}

test "a page of a shop may be stored, whatever the analytics say" {
  request {
    url     = "https://blue.shops.example/products?utm_source=mail"
    headers = { Cookie = "_ga=1; theme=dark" }
  }
  expect {
    route       = "/"
    backend     = "app"
    cache       = ["MISS", "HIT", "STALE"]
    app_headers = { "X-Language" = "en", "X-Stage" = "local" }
  }
}

test "a session goes past the cache" {
  request {
    url     = "https://blue.shops.example/products"
    headers = { Cookie = "session=1" }
  }
  expect {
    cache = "PASS"
  }
}

test "a basket takes no DELETE" {
  request {
    method = "DELETE"
    url    = "https://red.shops.example/basket"
  }
  expect {
    status = 405
  }
}

test "the API hears which shop asks" {
  request {
    url = "https://green.shops.example/api/stock/7"
  }
  expect {
    backend     = "api"
    app_headers = { "X-Shop" = "green" }
  }
}

test "the back office is for staff" {
  request {
    url  = "https://red.shops.example/office"
    peer = "192.0.2.7"
  }
  expect {
    status = 403
  }
}

test "what has moved keeps its query" {
  request {
    url = "https://blue.shops.example/shipping?to=fr"
  }
  expect {
    status  = 301
    headers = { "Location" = "/help/shipping?to=fr" }
  }
}

test "one shop has no outlet" {
  request {
    url = "https://green.shops.example/outlet"
  }
  expect {
    status = 302
  }
}

test "and another has" {
  request {
    url = "https://blue.shops.example/outlet"
  }
  expect {
    backend = "app"
  }
}
