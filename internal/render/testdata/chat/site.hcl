# A chat room behind the edge. From the top of the repository:
#
#     go run ./cmd/edgegen up examples/chat/site.hcl
#
# Then open https://localhost:8443. The browser warns once: the certificate is
# signed by a CA that edgegen made for this machine alone.
#
# Whatever is left out has a default; whatever is not understood is refused
# with its line. Relative paths are relative to this file.

edge {
  # Plain HTTP answers nothing but a redirect to https. A site on the internet
  # writes ":80" and ":443". High ports on localhost need no rights, and nobody
  # else on the network reaches them.
  http  = ["localhost:8080"]
  https = ["localhost:8443"]
}

# The label is the site's canonical host. Requests for a host that no site
# names are answered with 421.
site "localhost" {
  tls {
    # Where there is a certificate, it is named instead:
    #   certificate = "certs/server.crt"
    #   key         = "certs/server.key"
    self_signed = true
  }

  # The app. It speaks plain HTTP on a loopback port and needs to know nothing
  # of TLS; the edge tells it the client's address, host and scheme.
  backend "chat" {
    servers = ["127.0.0.1:5000"]

    # With a command, edgegen starts the app before the edge opens, starts it
    # again when it dies, and stops it last. Without one, you do.
    command = ["go", "run", "./server", "-listen", "127.0.0.1:5000"]
    dir     = "."
  }

  # While this file exists, it answers every request of the site with 503;
  # WebSockets that are open stay open. To try it:
  #   mv public/maintenance.html.off public/maintenance.html
  maintenance {
    page        = "public/maintenance.html"
    retry_after = "5m"
  }

  # A route holds for its path and all below it; the longest that matches wins.

  # First a file, then the app. "/about" is the file public/about.html. "/" and
  # "/login" are answered by the app, as it alone knows who is logged in: hence
  # there is no public/index.html, which would be found first.
  route "/" {
    static {
      root      = "public"
      try_files = ["$uri", "$uri/index.html", "$uri.html"]
    }
    backend = "chat"

    response_headers {
      set = {
        "Referrer-Policy"        = "same-origin"
        "X-Content-Type-Options" = "nosniff"
      }
    }
  }

  # The style sheet and the script are nothing but files: what is not there is
  # a 404, and the app is not asked. The cache may keep them for a minute.
  route "/assets" {
    static {
      root      = "public" # "/assets/room.js" is public/assets/room.js
      try_files = ["$uri"]
    }
    cache { ttl = "1m" }
  }

  # The room. Only here may a connection become a WebSocket, and it then goes
  # from the cache tier straight to the app. Elsewhere an Upgrade header is
  # dropped.
  route "/ws" {
    backend   = "chat"
    websocket = true
  }
}
