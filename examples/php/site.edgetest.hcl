# What is promised of this site, held by `edgegen test`, with nothing running.

test "every other path is for index.php" {
  request {
    url = "https://localhost:8443/posts/2012"
  }
  expect {
    backend = "php"
  }
}

test "a file is served as it is" {
  request {
    url = "https://localhost:8443/robots.txt"
  }
  expect {
    status = 200
    tier   = "web"
  }
}

test "what visitors have uploaded is never run" {
  request {
    url = "https://localhost:8443/uploads/evil.php"
  }
  expect {
    status  = 404
    backend = ""
  }
}
