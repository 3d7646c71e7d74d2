# What is promised of this site, held by `edgegen test`, with nothing running.

test "nobody may put a page into a frame" {
  request {
    url = "https://localhost:8443/"
  }
  expect {
    status = 200
    headers = {
      "Content-Security-Policy"   = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
      "Strict-Transport-Security" = "max-age=300"
      "X-Content-Type-Options"    = "nosniff"
      "X-XSS-Protection"          = null
    }
  }
}

test "an error is as careful" {
  request {
    url = "https://localhost:8443/missing"
  }
  expect {
    status  = 404
    headers = { "X-Content-Type-Options" = "nosniff", "Strict-Transport-Security" = "max-age=300" }
  }
}

test "other sites may frame the widget" {
  request {
    url = "https://localhost:8443/widget"
  }
  expect {
    status  = 200
    headers = { "Cross-Origin-Resource-Policy" = "cross-origin" }
  }
}

test "plain HTTP says nothing of HSTS" {
  request {
    url = "http://localhost:8080/"
  }
  expect {
    headers = { "Strict-Transport-Security" = null }
  }
}
