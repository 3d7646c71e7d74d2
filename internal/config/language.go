package config

// schema is what a kind of block may hold.
type schema struct {
	name      string // as it is written
	title     string // as a message calls it
	label     string // an example of its label; "" where it has none
	arguments []string
	blocks    []child
}

// child is a block within a block.
type child struct {
	schema
	many bool
}

func (s schema) child(name string) (child, bool) {
	for _, c := range s.blocks {
		if c.name == name {
			return c, true
		}
	}
	return child{}, false
}

func (s schema) blockNames() []string {
	var names []string
	for _, c := range s.blocks {
		names = append(names, c.name)
	}
	return names
}

// language is the whole language: every block and argument there is.
func language() schema {
	return schema{title: "a site file", blocks: []child{
		{schema: edgeLanguage()},
		{schema: siteLanguage(), many: true},
	}}
}

func edgeLanguage() schema {
	return schema{name: "edge", title: "an edge block",
		arguments: []string{"http", "https", "user", "trusted_proxies"},
		blocks: []child{
			{schema: schema{name: "engine", title: "an engine block", arguments: []string{"tls", "cache", "web"}}},
			{schema: schema{name: "cache_storage", title: "a cache_storage block", arguments: []string{"type", "size", "path"}}},
			{schema: schema{name: "limits", title: "a limits block",
				arguments: []string{"connections", "websockets", "header_size", "body_size"}}},
			{schema: schema{name: "timeouts", title: "a timeouts block",
				arguments: []string{"header", "idle", "connect", "first_byte", "between_bytes", "body", "websocket_idle", "drain"}}},
			{schema: schema{name: "log", title: "a log block", arguments: []string{"access", "format", "level"}}},
		}}
}

func siteLanguage() schema {
	return schema{name: "site", title: "a site block", label: "example.com",
		arguments: []string{"aliases"},
		blocks: []child{
			{schema: schema{name: "tls", title: "a tls block",
				arguments: []string{"certificate", "key", "self_signed", "min_version"}}},
			{schema: schema{name: "backend", title: "a backend block", label: "app",
				arguments: []string{"servers", "command", "env", "dir"}}, many: true},
			{schema: schema{name: "cache", title: "a site's cache block",
				arguments: []string{"grace", "stale_if_error", "ignore_cookies"}}},
			{schema: schema{name: "maintenance", title: "a maintenance block", arguments: []string{"page", "retry_after"}}},
			{schema: routeLanguage(), many: true},
		}}
}

func routeLanguage() schema {
	rules := []string{"set", "remove"}
	return schema{name: "route", title: "a route block", label: "/",
		arguments: []string{"backend", "websocket", "stream"},
		blocks: []child{
			{schema: schema{name: "static", title: "a static block", arguments: []string{"root", "index", "try_files"}}},
			{schema: schema{name: "cache", title: "a route's cache block", arguments: []string{"ttl"}}},
			{schema: schema{name: "redirect", title: "a redirect block", arguments: []string{"to", "status"}}},
			{schema: schema{name: "request_headers", title: "a request_headers block", arguments: rules}},
			{schema: schema{name: "response_headers", title: "a response_headers block", arguments: rules}},
		}}
}

// homesOf returns the titles of the blocks that may hold the name, as an
// argument or as a block.
func (s schema) homesOf(name string) []string {
	var homes []string
	for _, argument := range s.arguments {
		if argument == name {
			homes = append(homes, s.title)
		}
	}
	for _, c := range s.blocks {
		if c.name == name {
			homes = append(homes, s.title)
		}
		homes = append(homes, c.homesOf(name)...)
	}
	return homes
}
