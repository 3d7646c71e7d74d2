# WordPress behind the edge: pages kept for visitors, nothing kept for whoever is
# logged in, and the doors closed that are knocked at all day. ../README.md has why.

edge {
  http  = ["localhost:8080"]
  https = ["localhost:8443"]
}

locals {
  root = "public" # where wp-config.php, wp-admin and wp-content lie
  fpm  = "127.0.0.1:5000"
  all  = ["0.0.0.0/0", "::/0"]
}

site "localhost" {
  tls {
    self_signed = true
  }

  # edgegen runs PHP-FPM here. Where the system does, leave command and env out:
  #   servers = ["unix:/run/php/php8.2-fpm.sock"]
  backend "wordpress" {
    servers = [local.fpm]
    command = ["php-fpm8.2", "-F", "-R", "-y", "fpm.conf"]
    env     = { FPM_LISTEN = local.fpm }
    fastcgi {
      root   = local.root
      params = { SERVER_SOFTWARE = "nginx" } # or WordPress puts index.php into its URLs
    }
  }

  # A cookie that is not named here leads past the cache: those of people who are
  # logged in, have commented, have a cart, or know the password of a post.
  cache {
    ignore_cookies = ["wordpress_test_cookie", "_ga*", "_gid", "_gcl_*", "_fbp", "_fbc", "_pk_*", "cookieyes-consent"]
    ignore_query   = ["utm_*", "fbclid", "gclid", "msclkid"]
    grace          = "1m"
    stale_if_error = "1d"
    status_header  = true
    purge { allow = ["127.0.0.1", "::1"] }
  }

  # WordPress says nothing of how long a page lasts, and forbids to keep what must
  # not be kept. Keep less than 12 hours: forms in pages hold a nonce.
  route "/" {
    static {
      root      = local.root
      try_files = ["$uri"]
    }
    backend = "wordpress"
    cache { ttl = "10m" }
    compress {}
    response_headers {
      remove = ["X-Powered-By"]
    }
  }

  # Passwords are sent here by POST; to look at the form costs nobody anything.
  route "/wp-login.php" {
    match { methods = ["POST"] }
    backend = "wordpress"
    rate_limit {
      rate  = "6/m"
      burst = 5
    }
  }

  # Without ttl and compress: these pages say themselves that they are not to be
  # kept, and hold secrets.
  route "/wp-login.php" { backend = "wordpress" }
  route "/wp-admin" {
    static {
      root      = local.root
      try_files = ["$uri"]
    }
    backend = "wordpress"
  }

  # The old way in for programs, which tries a thousand passwords in a request.
  route "/xmlrpc.php" {
    backend = "wordpress"
    deny    = local.all
  }

  # Files, and nothing that runs: neither what visitors have uploaded nor what
  # WordPress itself includes.
  route "/wp-content/uploads" {
    static { root = local.root }
    cache { ttl = "1h" }
  }
  route "/wp-includes" {
    static { root = local.root }
    cache { ttl = "1h" }
    compress {}
  }

  # What editors, backups and debugging leave behind.
  route "~ \\.(bak|log|old|orig|save|sql|sql\\.gz|swp)$" {
    static { root = local.root }
    deny = local.all
  }
}
