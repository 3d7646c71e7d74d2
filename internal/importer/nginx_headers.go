package importer

import (
	"strconv"
	"strings"

	"edgegen/internal/hcltext"
)

// headers are what clients are told besides the answer.
func (r *router) headers(b *block, scope *directive, content bool) {
	for _, d := range scope.nearest("add_header") {
		r.header(b, d)
	}
	if d := scope.setting("expires"); d != nil && content {
		r.expires(b, d)
	}
	for _, name := range []string{"proxy_hide_header", "fastcgi_hide_header"} {
		for _, d := range scope.nearest(name) {
			b.sub("response_headers").addTo("remove", []string{d.arg(0)}, d.Line)
		}
	}
}

func (r *router) header(b *block, d *directive) {
	name, value := d.arg(0), r.constants(d, d.arg(1))
	switch {
	case strings.EqualFold(name, "Strict-Transport-Security"):
		r.hsts(d, value)
	case strings.EqualFold(name, "X-Cache"), strings.EqualFold(name, "X-Cache-Status"), strings.EqualFold(name, "X-Proxy-Cache"):
		d.into("X-Cache, which every answer has")
	case strings.EqualFold(name, "Alt-Svc"):
		d.idle("which protocols are spoken is told by edgegen")
	case value == "" || value == `""`:
		b.sub("response_headers").addTo("remove", []string{name}, d.Line)
	case strings.Contains(value, "$"):
		d.refuse("headers are set to texts", "have the app set it")
	default:
		b.sub("response_headers").put("set", name, hcltext.Quote(strings.Join(strings.Fields(value), " ")), d.Line)
	}
}

var maxAge = lazily(`(?i)max-age\s*=\s*"?(\d+)`)

func (r *router) hsts(d *directive, value string) {
	age := maxAge().FindStringSubmatch(value)
	if age == nil {
		d.refuse("it names no max-age", "write `hsts { max_age = \"1y\" }` into the site")
		return
	}
	n, _ := strconv.ParseInt(age[1], 10, 64)
	hsts := r.site.sub("hsts", d.Line)
	hsts.set("max_age", seconds(n), d.Line)
	lower := strings.ToLower(value)
	if strings.Contains(lower, "includesubdomains") {
		hsts.set("include_subdomains", "true", d.Line)
	}
	if strings.Contains(lower, "preload") {
		hsts.set("preload", "true", d.Line)
	}
}

// expires is a Cache-Control by another name.
func (r *router) expires(b *block, d *directive) {
	switch value := d.arg(0); value {
	case "off":
		d.idle("nothing is added")
	case "max":
		b.sub("response_headers").put("set", "Cache-Control", hcltext.Quote("max-age=315360000"), d.Line)
	case "epoch", "-1", "0":
		b.sub("response_headers").put("set", "Cache-Control", hcltext.Quote("no-cache"), d.Line)
	default:
		n, ok := nginxSeconds(strings.TrimPrefix(value, "+"))
		if !ok || len(d.args) > 1 {
			d.refuse("it depends on the time, or on a variable", "write `response_headers { set = { \"Cache-Control\" = \"max-age=…\" } }` into the route")
			return
		}
		if set := b.sub("response_headers"); set.argument("set") != nil && strings.Contains(set.argument("set").value, hcltext.Quote("Cache-Control")) {
			d.into(set.place() + "set")
			d.right("one Cache-Control is sent, that of add_header")
			return
		}
		b.sub("response_headers").put("set", "Cache-Control", hcltext.Quote("max-age="+strconv.FormatInt(n, 10)), d.Line)
	}
}
