package importer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// leftOver gives a verdict to whatever has none yet.
func (n *nginx) leftOver(around *directive) {
	for _, d := range around.body {
		n.settle(d)
		n.leftOver(d)
	}
}

// settle gives a directive a verdict where it has none; those around it have theirs.
func (n *nginx) settle(d *directive) {
	if !d.open() {
		return
	}
	why := idleNginx(d.name)
	switch {
	case d.name == "include" && known(d.arg(0)) != "":
		d.idle(known(d.arg(0)))
	case why != "":
		d.idle(why)
	case d.around.name == "types", d.around.name == "events":
		d.idle(idleNginx(d.around.name))
	case d.name == "http":
		d.into("the site file")
	case d.around.name == "map" && !d.around.open(), d.around.name == "upstream" && !d.around.open():
		d.Verdict, d.Why, d.Remedy = d.around.Verdict, d.around.Why, d.around.Remedy
		if d.Into = slices.Clone(d.around.Into); d.Verdict == Refused && d.Why == "" {
			d.Why = "it belongs to what is refused"
		}
	case d.name == "upstream":
		d.idle("nothing asks it")
	case d.name == "limit_req_zone", d.name == "map" && !n.used(d.arg(1)), d.name == "set" && !n.used(d.arg(0)):
		d.idle("nothing asks for it")
	case d.around.Line != nil && d.around.Verdict == Refused:
		d.refuse("it stands in what is refused", "see line "+strconv.Itoa(d.around.Line.Line))
	case strings.HasPrefix(d.name, "ssl_certificate"):
		d.idle("the certificate is that of the site which it leads to")
	case n.inheritedOnly(d):
		d.idle("no location takes it: each has one of its own, or none needs it")
	default:
		remedy := remedyNginx(d.name)
		if staysRaw(d.name) && !n.raw && (d.around.name == "location" || d.around.name == "server") {
			remedy += ", or import it by --raw"
		}
		d.refuse(fmt.Sprintf("%s is not translated here", oneLine(d.name)), remedy)
	}
}

// used reports whether a variable is named anywhere.
func (n *nginx) used(variable string) bool {
	found := false
	n.conf.every(func(d *directive) {
		for _, arg := range d.args {
			found = found || d.name != "map" && d.around.name != "map" && d.Verdict != Idle && idleNginx(d.name) == "" && (d.name != "set" || d.arg(0) != arg) && (strings.Contains(arg, variable) || strings.Contains(arg, "${"+strings.TrimPrefix(variable, "$")+"}"))
		}
	})
	return found
}

// inheritedOnly reports a directive that is translated where a location takes it, and
// that none has taken.
func (n *nginx) inheritedOnly(d *directive) bool {
	switch d.name {
	case "root", "index", "gzip", "gzip_types", "gzip_min_length", "brotli", "brotli_types", "proxy_set_header", "add_header", "expires",
		"proxy_read_timeout", "proxy_connect_timeout", "fastcgi_read_timeout", "fastcgi_connect_timeout", "proxy_request_buffering",
		"client_max_body_size", "auth_basic_user_file", "fastcgi_param", "proxy_ssl_verify", "proxy_ssl_name", "proxy_ssl_server_name",
		"proxy_ssl_trusted_certificate", "limit_req_status", "proxy_cache_valid", "proxy_cache_use_stale", "proxy_intercept_errors", "ssl_protocols",
		"fastcgi_cache_valid", "fastcgi_intercept_errors", "error_page", "try_files", "allow", "deny":
		return d.around.name == "http" || d.around.name == "server" || d.around.Line == nil || d.around.name == "location"
	case "ssl":
		return true
	}
	return false
}
