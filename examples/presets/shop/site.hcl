# Magento 2 behind the edge: pages are kept by what Magento says of them, and purged
# by its tags. ../README.md has why, and what to set in Magento.

edge {
  http  = ["localhost:8080"]
  https = ["localhost:8443"]
}

locals {
  root = "pub" # of Magento; nothing above it is served
  fpm  = "127.0.0.1:5000"
  all  = ["0.0.0.0/0", "::/0"]
}

site "localhost" {
  tls {
    self_signed = true
  }

  # edgegen runs PHP-FPM here. Where the system does, leave command and env out,
  # and take auto_prepend_file over from fpm.conf.
  backend "magento" {
    servers = [local.fpm]
    command = ["php-fpm8.2", "-F", "-R", "-y", "fpm.conf"]
    env     = { FPM_LISTEN = local.fpm }
    fastcgi { root = local.root }
  }

  # The same PHP-FPM, where every path is for get.php: it makes images as they are
  # asked for.
  backend "media" {
    servers = [local.fpm]
    fastcgi {
      root  = local.root
      index = "get.php"
    }
  }

  # No route for pages has a ttl: what Magento does not call public is not kept.
  #
  # Ignored are cookies that scripts in the page set and read. Whoever has any other
  # is answered by Magento. PHPSESSID must not stand here: an ignored cookie is taken
  # out of a request that may be answered from the cache, and the cart with it.
  cache {
    ignore_cookies = [
      "form_key", "mage-*", "product_data_storage", "recently_*",
      "_ga*", "_gid", "_gcl_*", "_fbp", "_fbc",
    ]
    ignore_query  = ["utm_*", "gclid", "fbclid", "msclkid", "mc_*"]
    tags          = "X-Magento-Tags"
    grace         = "5m"
    status_header = true
  }

  # What "public, max-age=86400" says is for the edge, which can be purged. Browsers
  # cannot, and are told something else.
  route "/" {
    static {
      root      = local.root
      try_files = ["$uri"]
    }
    backend = "magento"
    response_headers {
      set    = { "Cache-Control" = "no-store" }
      remove = ["X-Powered-By", "X-Magento-Cache-Control", "X-Magento-Cache-Debug", "X-Magento-Debug"]
    }
  }

  # By GET its answers would differ by Store, Content-Currency and more, which they do
  # not say. POST is never kept.
  route "/graphql" {
    backend = "magento"
    methods = ["POST", "OPTIONS"]
  }

  # Nobody asks for a script by its name. Of the regular expressions that fit, the
  # first is taken.
  route "~ \\.(php|phtml|phar)(/|$)" {
    static { root = local.root }
    deny = local.all
  }

  # A deployment changes the version in the path, so browsers may keep these for good.
  # What is no file yet is made by static.php, unless Magento is in production mode.
  route "~ ^/static/version[0-9]+/" {
    static {
      root      = local.root
      try_files = ["$uri"]
    }
    backend = "magento"
    rewrite {
      pattern     = "^/static/version[0-9]+/(.+)$"
      replacement = "/static.php?resource={1}"
    }
    response_headers {
      set = { "Cache-Control" = "public, max-age=31536000, immutable" }
    }
  }
  route "/static" {
    static {
      root      = local.root
      try_files = ["$uri"]
    }
    backend = "magento"
    rewrite {
      pattern     = "^/static/(.+)$"
      replacement = "/static.php?resource={1}"
    }
  }

  route "/media" {
    static {
      root      = local.root
      try_files = ["$uri"]
    }
    backend = "media"
    response_headers {
      set = { "Cache-Control" = "public, max-age=86400" }
    }
  }

  # What customers have sent, bought files, and imports.
  dynamic "route" {
    for_each = ["customer", "customer_address", "custom_options", "downloadable", "import"]
    labels   = ["/media/${route.value}"]
    content {
      static { root = local.root }
      deny = local.all
    }
  }
}
