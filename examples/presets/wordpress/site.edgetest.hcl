# What is promised of this site, held by `edgegen test`, with nothing running.

test "a visitor's page may be kept, whatever counts visitors" {
  request {
    url     = "https://localhost:8443/2026/11/hello/?utm_source=mail"
    headers = { Cookie = "_ga=GA1.1.2; wordpress_test_cookie=WP%20Cookie%20check" }
  }
  expect {
    backend = "wordpress"
    cache   = "MISS"
  }
}

test "one who is logged in is answered by WordPress" {
  request {
    url     = "https://localhost:8443/2026/11/hello/"
    headers = { Cookie = "_ga=GA1.1.2; wordpress_logged_in_0123abcd=alice" }
  }
  expect {
    cache   = "PASS"
    backend = "wordpress"
  }
}

test "so is one with a cart" {
  request {
    url     = "https://localhost:8443/"
    headers = { Cookie = "woocommerce_items_in_cart=1" }
  }
  expect {
    cache = "PASS"
  }
}

test "xmlrpc.php is nobody's, with whatever behind it" {
  request {
    method = "POST"
    url    = "https://localhost:8443/xmlrpc.php/x"
  }
  expect {
    status = 403
  }
}

test "what is uploaded is never run" {
  request {
    url = "https://localhost:8443/wp-content/uploads/2026/evil.php"
  }
  expect {
    status  = 404
    backend = ""
  }
}

test "a log is not shown" {
  request {
    url = "https://localhost:8443/wp-content/debug.log"
  }
  expect {
    status = 403
  }
}

test "a password is for WordPress alone" {
  request {
    method = "POST"
    url    = "https://localhost:8443/wp-login.php"
  }
  expect {
    cache   = "PASS"
    backend = "wordpress"
  }
}
