package config

// foreign says how what other programs have a word for is said here: their words are what
// somebody tries who comes from there.
func foreign(word string) string {
	return map[string]string{
		"location":             `write route "/path" { … } in the site: it covers everything below its path`,
		"proxy_pass":           `write backend "app" { servers = [ … ] } in the site, and backend = "app" in the route`,
		"fastcgi_pass":         `write backend "php" { servers = [ … ]  fastcgi { root = … } } in the site, and backend = "php" in the route`,
		"upstream":             `write backend "app" { servers = [ … ] } in the site`,
		"reverse_proxy":        `write backend "app" { servers = [ … ] } in the site, and backend = "app" in the route`,
		"server_name":          "the label of the site is its host; more stand in aliases and hosts",
		"return":               "write redirect { to = … } in a route",
		"add_header":           "write response_headers { set = { … } } in a route",
		"proxy_set_header":     "write request_headers { set = { … } } in a route",
		"expires":              `write response_headers { set = { "Cache-Control" = … } } in a route`,
		"client_max_body_size": "write body_size in a route, or in edge { limits }",
		"gzip":                 "write compress { } in a route",
		"auth_basic":           "write basic_auth { … } in a route",
		"limit_req":            "write rate_limit { … } in a route",
		"ssl_certificate":      "write tls { certificate = …  key = … } in the site",
		"ssl_certificate_key":  "write tls { certificate = …  key = … } in the site",
	}[word]
}
