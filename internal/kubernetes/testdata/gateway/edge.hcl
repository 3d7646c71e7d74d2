variable "proxies" {
  type    = list(string)
  default = ["10.0.0.0/8"]
}

edge {
  trusted_proxies = var.proxies

  timeouts {
    drain = "2m"
  }

  metrics {}
}
