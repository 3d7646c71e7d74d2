# What is promised of this site, held by `edgegen test`, with nothing running.

test "a crawler that trains models is refused, whatever it asks for" {
  request {
    url     = "https://localhost:8443/drafts/"
    headers = { "User-Agent" = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)" }
  }
  expect {
    status = 403
  }
}

test "but it may read robots.txt" {
  request {
    url     = "https://localhost:8443/robots.txt"
    headers = { "User-Agent" = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)" }
  }
  expect {
    status = 200
    route  = "= /robots.txt"
  }
}

test "a search engine comes in" {
  request {
    url     = "https://localhost:8443/"
    headers = { "User-Agent" = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)" }
  }
  expect {
    status = 200
  }
}

test "and is told what not to list" {
  request {
    url = "https://localhost:8443/drafts/"
  }
  expect {
    status  = 200
    headers = { "X-Robots-Tag" = "noindex" }
  }
}
