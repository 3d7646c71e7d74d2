# A site in PHP, as WordPress, Laravel or Symfony have it: files are served as
# they are, scripts are run by PHP-FPM, and every other path is for index.php,
# which finds it in REQUEST_URI. README.md says what it takes.

edge {
  http  = ["localhost:8080"]
  https = ["localhost:8443"]
}

locals {
  fpm = "127.0.0.1:5000"
}

site "localhost" {
  tls {
    self_signed = true
  }

  # edgegen runs PHP-FPM here, with fpm.conf. Where the system does, as Debian's
  # package has it, leave command, env and dir out:
  #   servers = ["unix:/run/php/php8.2-fpm.sock"]
  backend "php" {
    servers = [local.fpm]
    command = ["php-fpm8.2", "-F", "-R", "-y", "fpm.conf"]
    env     = { FPM_LISTEN = local.fpm }

    # Nothing is run but the scripts below root; and none of them is ever shown,
    # whatever static block it lies below.
    fastcgi {
      root   = "public"
      params = { APP_ENV = "production" }
    }
  }

  route "/" {
    static {
      root      = "public"
      try_files = ["$uri", "$uri/index.php", "/index.php"]
    }
    backend = "php"
  }

  # What visitors have uploaded is never run.
  route "/uploads" {
    static {
      root = "public"
    }
  }
}
