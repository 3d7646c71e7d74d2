# What is promised of this site, held by `edgegen test`, with nothing running.

test "a page of the catalogue may be kept for all who only look" {
  request {
    url     = "https://localhost:8443/joust-duffle-bag.html?utm_source=mail"
    headers = { Cookie = "form_key=abc; mage-cache-sessid=true; _ga=GA1.1.2" }
  }
  expect {
    backend = "magento"
    cache   = "MISS"
  }
}

test "customers with prices of their own are answered by Magento" {
  request {
    url     = "https://localhost:8443/joust-duffle-bag.html"
    headers = { Cookie = "PHPSESSID=0123; X-Magento-Vary=9bf9a599123e6402b85cde67144717a08b817412" }
  }
  expect {
    cache = "PASS"
  }
}

test "a session reaches Magento, and the cart with it" {
  request {
    url     = "https://localhost:8443/checkout/cart/"
    headers = { Cookie = "form_key=abc; PHPSESSID=0123" }
  }
  expect {
    cache       = "PASS"
    app_headers = { Cookie = "form_key=abc; PHPSESSID=0123" }
  }
}

test "browsers keep no page" {
  request {
    url = "https://localhost:8443/"
  }
  expect {
    headers = { "Cache-Control" = "no-store", "X-Magento-Tags" = null }
  }
}

test "a static file that is not there yet is made" {
  request {
    url = "https://localhost:8443/static/version1700000000/frontend/Magento/luma/en_US/css/styles.css"
  }
  expect {
    backend    = "magento"
    app_target = "/static.php?resource=frontend/Magento/luma/en_US/css/styles.css"
  }
}

test "an image that is not there yet is made" {
  request {
    url = "https://localhost:8443/media/catalog/product/cache/0a/bag.jpg"
  }
  expect {
    backend    = "media"
    app_target = "/media/catalog/product/cache/0a/bag.jpg"
  }
}

test "what is uploaded is never run" {
  request {
    url = "https://localhost:8443/media/tmp/evil.php/x.jpg"
  }
  expect {
    status = 403
  }
}

test "what customers have sent is not shown" {
  request {
    url = "https://localhost:8443/media/customer/a/b.jpg"
  }
  expect {
    status = 403
  }
}

test "GraphQL is not kept" {
  request {
    url = "https://localhost:8443/graphql?query=%7Bproducts%7D"
  }
  expect {
    status = 405
  }
}
