edge {
  http  = ["127.0.0.1:8080"]
  https = ["127.0.0.1:8443"]
  raw {
    nginx = "map $uri $raw_kind { default other; }"
    varnish {
      top = <<-EOT
        import cookie;
        acl raw_inside { "127.0.0.1"; }
      EOT
      recv = "set req.http.X-Raw = \"edge\";"
    }
  }
}

site "raw.test" {
  tls { self_signed = true }
  cache { ignore_cookies = ["_ga*"] }
  backend "app" { servers = ["127.0.0.1:5000"] }
  raw {
    nginx   = "limit_rate_after 1m; proxy_set_header X-Raw site;"
    stunnel = "sessionCacheTimeout = 600"
    varnish {
      recv             = <<-EOT
        cookie.parse(req.http.Cookie);
        if (client.ip ~ raw_inside) {
          set req.http.X-Lang = cookie.get("lang");
        }
      EOT
      hash             = "hash_data(req.http.X-Lang);"
      hit              = "std.log(\"raw hit\");"
      miss             = "std.log(\"raw miss\");"
      pass             = "std.log(\"raw pass\");"
      pipe             = "std.log(\"raw pipe\");"
      backend_fetch    = "std.log(\"raw fetch\");"
      backend_response = "unset beresp.http.Set-Cookie;"
      backend_error    = "std.log(\"raw error\");"
      deliver          = "set resp.http.X-Raw = req.http.X-Raw;"
      synth            = "set resp.http.X-Raw = \"synth\";"
    }
  }
  route "/old" {
    redirect { to = "/new" }
    raw { nginx = "limit_rate 1k;" }
  }
  route "/" {
    static { root = "public" }
    backend   = "app"
    websocket = true
    allow     = ["10.0.0.0/8", "127.0.0.0/8"]
    raw {
      nginx = <<-EOT
        set $raw_part "}";
        add_header X-Raw-Kind $raw_kind always;
        proxy_hide_header X-Hidden;
        if ($raw_kind = none) { return 410; }
      EOT
      varnish { deliver = "set resp.http.X-Route = \"root\";" }
    }
  }
}

site "other.test" {
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5001"] }
  route "/" { backend = "app" }
}
