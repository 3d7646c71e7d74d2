# The site of the 2012 article "Goliath Secure WebSocket (wss://) with Stunnel,
# Varnish and Nginx", one to one: a chat room at https://vzine.us, whose app is
# a Goliath server on port 5000. The article wrote three files by hand; this is
# all of them. What the three got wrong is told where it is right here.
#
# It lies where the app lies, which was /home/webapp/apps/vzine.us, and relative
# paths are relative to it. README.md says what it takes to run it.

edge {
  # The article's Varnish listened on every address, so that the room was open
  # at http://vzine.us:6081 too. Between the daemons there are Unix sockets here.
  http  = [":80"]
  https = [":443"]

  # stunnel ran as stunnel4, nginx and varnishd each as what their packages
  # chose. Here all three give up root for one user, which is www-data where
  # none is named:
  #   user = "www-data"

  # The article's `-s file,/var/lib/varnish/sample/varnish_storage.bin,1G`, in
  # memory: what was cached before a restart was gone after it anyway.
  cache_storage {
    type = "memory"
    size = "1GiB"
  }

  # The article's `-p pipe_timeout 86400`. Varnish was not the only one to end
  # an idle WebSocket: stunnel gives up too, after 12 hours. This holds for all.
  timeouts {
    websocket_idle = "24h"
  }
}

site "vzine.us" {
  # One redirect from http://www.vzine.us to https://vzine.us. The article took
  # two, by way of https://www.vzine.us, and redirected to whatever host the
  # client named. Here a host that is not listed gets 421.
  aliases = ["www.vzine.us"]

  # The article put both into one server.pem with cat, which leaves the key
  # readable by all, and had to do it again for each new certificate. edgegen
  # makes that file, 0600. It signs the certificate too where there is none, so
  # that this site runs as it is; the article's are named like this:
  #   certificate = "config/certs/server.crt"
  #   key         = "config/certs/server.key"
  tls {
    self_signed = true
  }

  # The article named 0.0.0.0 to connect to, which is an address to listen on,
  # and sent the app into the background (-P /tmp/goliath.pid -d), where nobody
  # saw it die. Here it stays in the foreground: edgegen starts it first, starts
  # it again when it dies, and prints what it says (hence no -l either). The
  # article prints no app; the chat room beside this example stands in for
  #   command = ["bundle", "exec", "ruby", "app.rb", "-p", "5000", "-e", "production"]
  backend "goliath" {
    servers = ["127.0.0.1:5000"]
    command = ["go", "run", "../chat/server", "-listen", "127.0.0.1:5000"]
    dir     = "."
  }

  # The article served the page as an ordinary 200, through the cache: some saw
  # it long after the work was over, and search engines took it for the site. It
  # is a 503 with Retry-After here, and never cached.
  maintenance {
    page        = "public/maintenance.html"
    retry_after = "5m"
  }

  route "/" {
    static {
      root      = "public"
      index     = ["index.html", "index.htm"]
      try_files = ["$uri", "$uri/index.html", "$uri.html"]
    }

    # What no file answers. The article set the forwarded headers in
    # `location /`, but the app was reached through `location @goliath`, which
    # inherits none of them: for the app the Host was "vzine_us_server". Nor
    # would they have helped: stunnel passed no address on, so every client was
    # 127.0.0.1, and what a client itself wrote into X-Forwarded-For stood
    # first. The app sees the client's own address here, on a WebSocket too, and
    # no forged one.
    #
    # The worst was `return (lookup)` in vcl_recv. It skips Varnish's own rules,
    # so that pages made for somebody who had logged in could be served to
    # others, and a form that was posted could be answered from the cache. Here
    # a request with a cookie goes past the cache, as a POST does.
    backend = "goliath"

    # The article piped whatever said "Upgrade: websocket" to the app, on any
    # path and with any method, and all that followed on that connection with
    # it. Only a complete handshake is piped here. The room was at /ws: a route
    # "/ws" that alone has this line would keep handshakes off all other paths.
    websocket = true
  }
}
