# Every status, and targets with everything that a URL may hold.

edge {
  metrics {}
  health_path = "/alive"
  https       = [":8443"]
}

site "example.com" {
  aliases = ["www.example.com"]
  tls { self_signed = true }
  route "/301" {
    redirect {
      to     = "/new;v=1?a=b&c=%22d%22#e"
      status = 301
    }
  }
  route "/302" {
    redirect { to = "https://example.org:8443/%E2%9C%93" }
  }
  route "/303" {
    redirect {
      to     = "http://[2001:db8::1]/"
      status = 303
    }
  }
  route "/307" {
    redirect {
      to     = "/it's,(here)*!"
      status = 307
    }
  }
  route "/308" {
    redirect {
      to     = "https://example.org/~user/@x+y"
      status = 308
    }
    response_headers {
      set = { "X-Moved" = "yes" }
    }
  }
}
