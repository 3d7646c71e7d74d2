package importer

import (
	"net/netip"
	"slices"
	"strings"

	"edgegen/internal/hcltext"
)

// access is who may come in.
func (r *router) access(b *block, scope *directive) {
	r.networks(b, scope)
	if d := scope.setting("auth_basic"); d != nil && d.arg(0) != "off" {
		auth := b.sub("basic_auth", d.Line)
		auth.set("realm", hcltext.Quote(d.arg(0)), d.Line)
		if file := scope.setting("auth_basic_user_file"); file != nil {
			auth.set("users_file", hcltext.Quote(r.path(file, file.arg(0))), file.Line)
		}
	} else if d != nil {
		d.into(b.place() + "no basic_auth")
	}
	if d := scope.setting("auth_request"); d != nil && d.arg(0) != "off" {
		r.forwardAuth(b, scope, d)
	}
	for _, d := range scope.nearest("limit_req") {
		r.rate(b, d)
	}
	if d := scope.last("limit_except"); d != nil {
		if refuses(d) {
			methods := slices.Clone(d.args)
			b.set("methods", hcltext.List(methods), d.Line)
			for _, one := range d.body {
				one.into(b.place() + "methods")
			}
			d.right("other methods are answered 405")
		}
	}
}

// networks are allow and deny. nginx takes the first that holds the address, edgegen
// the longest: that is the same where no shorter one stands before a longer of the
// other kind.
func (r *router) networks(b *block, scope *directive) {
	rules := rulesOf(scope)
	var before []netip.Prefix
	var kinds []string
	lists := map[string][]string{}
	from := map[string][]*Line{}
	for i, d := range rules {
		switch {
		case d.arg(0) == "all" && i == len(rules)-1:
			if d.name == "deny" && len(lists["allow"]) == 0 {
				lists["deny"] = []string{"0.0.0.0/0", "::/0"}
				from["deny"] = append(from["deny"], d.Line)
			} else if d.name == "allow" && len(lists["allow"]) > 0 {
				lists["allow"] = append(lists["allow"], "0.0.0.0/0", "::/0")
				from["allow"] = append(from["allow"], d.Line)
			} else {
				d.into(b.place() + map[string]string{"allow": "deny", "deny": "allow"}[d.name])
			}
			continue
		case d.arg(0) == "all" || strings.HasPrefix(d.arg(0), "unix:"):
			d.refuse("what stands behind it is never looked at", "leave out what stands behind it")
			continue
		}
		if network := networkOf(d.arg(0)); network.IsValid() {
			for j, earlier := range before {
				if kinds[j] != d.name && earlier.Bits() < network.Bits() && earlier.Contains(network.Addr()) {
					d.refuse("a larger network stands before it, which decides with nginx; here the longest decides", "leave it out")
				}
			}
			before, kinds = append(before, network), append(kinds, d.name)
		}
		if d.open() || d.Verdict == Translated {
			lists[d.name], from[d.name] = append(lists[d.name], d.arg(0)), append(from[d.name], d.Line)
		}
	}
	if last := len(rules) - 1; len(lists["allow"]) > 0 && len(lists["deny"]) == 0 && last >= 0 && rules[last].arg(0) != "all" {
		// Without "deny all" whoever is in none of the networks comes in.
		for _, line := range from["allow"] {
			line.idle("there is no deny: everybody comes in")
		}
		lists["allow"] = nil
	}
	for _, name := range []string{"allow", "deny"} {
		if len(lists[name]) > 0 {
			b.addTo(name, distinct(lists[name]), from[name]...)
		}
	}
}

// rulesOf are the allow and deny of the innermost block that has any.
func rulesOf(d *directive) (rules []*directive) {
	for scope := d; scope != nil && len(rules) == 0; scope = scope.around {
		for _, one := range scope.body {
			if one.name == "allow" || one.name == "deny" {
				rules = append(rules, one)
			}
		}
	}
	return rules
}

// forwardAuth is an auth_request, to a location that asks an app.
func (r *router) forwardAuth(b *block, scope, d *directive) {
	asked := (*directive)(nil)
	r.server.every(func(one *directive) {
		if one.name == "location" && one.arg(len(one.args)-1) == d.arg(0) {
			asked = one
		}
	})
	pass := asked.last("proxy_pass")
	if pass == nil {
		d.refuse("no location of that name asks an app", "write `forward_auth { backend = …  path = … }` into the route")
		return
	}
	a, ok := r.appOf(pass)
	if !ok {
		return
	}
	auth := b.sub("forward_auth", d.Line, asked.Line)
	auth.set("backend", hcltext.Quote(r.backend(a, pass)), pass.Line)
	if a.path == "" {
		a.path = d.arg(0)
	}
	auth.set("path", hcltext.Quote(a.path), pass.Line)
	asked.every(func(one *directive) {
		one.idle("the app that decides is told the headers of the request, and what is asked for in X-Forwarded-Uri")
	})
	r.copied(auth, scope)
}

// copied are headers of the answer that lets somebody in: auth_request_set, and then
// proxy_set_header.
func (r *router) copied(auth *block, scope *directive) {
	for _, set := range scope.nearest("auth_request_set") {
		name, ok := strings.CutPrefix(set.arg(1), "$upstream_http_")
		if !ok {
			continue
		}
		for _, d := range scope.nearest("proxy_set_header") {
			if d.arg(1) == set.arg(0) && strings.EqualFold(strings.ReplaceAll(d.arg(0), "-", "_"), name) {
				auth.addTo("copy_headers", []string{d.arg(0)}, set.Line, d.Line)
			}
		}
	}
}

// rate is a limit_req.
func (r *router) rate(b *block, d *directive) {
	values := map[string]string{}
	for _, word := range d.args {
		name, value, _ := strings.Cut(word, "=")
		values[name] = value
	}
	zone := r.zones[values["zone"]]
	if zone == nil {
		d.refuse("there is no zone of that name", "write `rate_limit { rate = … }` into the route")
		return
	}
	key := "client"
	switch name, header := strings.CutPrefix(zone.arg(0), "$http_"); {
	case header:
		key = "header:" + strings.ReplaceAll(name, "_", "-")
	case zone.arg(0) != "$binary_remote_addr" && zone.arg(0) != "$remote_addr":
		d.refuse("clients are told by their address or by a header", "write `rate_limit { rate = … }` into the route")
		zone.refuse("clients are told by their address or by a header", "choose one of these by `key`")
		return
	}
	rate := ""
	for _, word := range zone.args {
		if value, ok := strings.CutPrefix(word, "rate="); ok {
			rate = strings.TrimSuffix(strings.TrimSuffix(value, "r/s"), "r/m") + "/" + value[max(len(value)-1, 0):]
		}
	}
	if b.find("rate_limit", "") != nil {
		d.refuse("a route has one rate_limit", "keep the one that bounds clients most")
		return
	}
	limit := b.sub("rate_limit", d.Line, zone.Line)
	limit.set("key", hcltext.Quote(key), zone.Line)
	limit.set("rate", hcltext.Quote(rate), zone.Line)
	if values["burst"] != "" {
		limit.set("burst", values["burst"], d.Line)
	}
	if _, at := values["nodelay"]; !at {
		d.right("what the burst lets through is not held back; over it the answer is 429")
	}
	if status := d.around.setting("limit_req_status"); status != nil {
		status.into(limit.place())
		if status.arg(0) != "429" {
			status.right("the answer is 429, with Retry-After")
		}
	}
}
