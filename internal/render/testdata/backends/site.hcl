# Several servers, Unix sockets, and names that only just differ.

site "example.com" {
  tls { self_signed = true }

  backend "a" {
    servers = ["127.0.0.1:5001", "127.0.0.1:5002", "[::1]:5003"]
  }
  backend "a_1" {
    servers = ["unix:/run/a/1.sock"]
  }
  backend "a-1" {
    servers = ["unix:/run/a/2.sock", "unix:/run/a/3.sock"]
  }
  backend "A" {
    servers = ["127.0.0.1:5004"]
  }
  backend "9" {
    servers = ["localhost:5005"]
  }
  backend "unused" {
    servers = ["127.0.0.1:5006"]
  }

  route "/" {
    backend   = "a"
    websocket = true
  }
  route "/again" {
    backend   = "a"
    websocket = true
  }
  route "/1" {
    backend   = "a_1"
    websocket = true
  }
  route "/2" {
    backend   = "a-1"
    websocket = true
  }
  route "/A" {
    static { root = "public" }
    backend   = "A"
    websocket = true
  }
  route "/9" {
    backend = "9"
  }
}

site "example.org" {
  tls { self_signed = true }
  backend "a" {
    servers = ["127.0.0.1:5007", "127.0.0.1:5008"]
  }
  backend "php" {
    servers = ["unix:/run/php.sock"]
    fastcgi { root = "public" }
  }
  route "/" {
    static { root = "public" }
    backend   = "a"
    websocket = true
  }
  route "/php" {
    static {
      root      = "public"
      try_files = ["$uri", "$uri/index.php", "/index.php"]
    }
    backend = "php"
  }
}
