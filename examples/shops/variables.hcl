# What differs from one installation to the next. Values come from --var, from files
# that end in .auto.edgevars beside these, or from EDGEGEN_VAR_name.

variable "domain" {
  type        = string
  default     = "shops.example"
  description = "the domain below which every shop has its host"
  validation {
    condition     = !startswith(var.domain, "www.")
    error_message = "give the domain without www"
  }
}

variable "stage" {
  type        = string
  default     = "local"
  description = "local: certificates of a local authority; live: those of Let's Encrypt"
  validation {
    condition     = contains(["local", "live"], var.stage)
    error_message = "the stage is local or live"
  }
}

variable "email" {
  type        = string
  default     = "ops@shops.example"
  description = "whom the authority writes to"
}

variable "api_servers" {
  type = list(object({
    address = string
    weight  = optional(number, 1)
    backup  = optional(bool, false)
  }))
  default = [
    { address = "127.0.0.1:5001", weight = 2 },
    { address = "127.0.0.1:5002" },
    { address = "127.0.0.1:5003", backup = true },
  ]
  description = "who serves the API of all shops"
}

variable "staff_networks" {
  type        = list(string)
  default     = ["10.0.0.0/8", "127.0.0.0/8"]
  description = "where the back office may be used from"
}

variable "api_token" {
  type        = string
  default     = "not-a-secret-yet"
  sensitive   = true
  description = "by which the apps know that a request came by this edge"
}

variable "moved" {
  type = map(string)
  default = {
    "/imprint"     = "/about/imprint"
    "/contact"     = "/about/contact"
    "/index.php"   = "/"
    "/home.html"   = "/"
    "/shipping"    = "/help/shipping"
    "/returns"     = "/help/returns"
    "/gift-cards"  = "/products/gift-cards"
    "/newsletter"  = "/account/newsletter"
    "/wishlist"    = "/account/wishlist"
    "/old-catalog" = "/products"
  }
  description = "paths that have moved in every shop"
}
