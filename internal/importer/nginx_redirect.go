package importer

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// target is where a redirect of nginx's leads.
type target struct {
	scheme, host string // "" for those of the request
	path         string
	whole        bool // the path and the query of the request go along
	status       string
}

// url is where it leads, without a scheme and a host where it names no host.
func (t target) url() string {
	if t.host == "" {
		return t.path
	}
	return t.origin() + t.path
}

// origin is the scheme and the host; https where it has that of the request.
func (t target) origin() string { return cmp.Or(t.scheme, "https") + "://" + t.host }

var (
	absoluteURL = lazily(`^(https?|\$scheme|\$\{scheme\})://([^/$]+|\$host|\$server_name|\$http_host|\$\{host\}|\$1)(:\d+)?(.*)$`)
	wholePath   = lazily(`^/?(\$request_uri|\$\{request_uri\}|\$uri(\$is_args\$args)?|\$1(\$is_args\$args)?)$`)
	anyPath     = lazily(`^\^?(/\?|/)?(\(\.\*\)|\(\.\+\)|\.\*)?\$?$`)
)

// redirectOf reads a return or a rewrite that leads elsewhere.
func redirectOf(d *directive) (t target, ok bool) {
	var to, pattern string
	switch d.name {
	case "return":
		switch t.status = d.arg(0); {
		case slices.Contains([]string{"301", "302", "303", "307", "308"}, t.status):
			to = d.arg(1)
		case len(d.args) == 1 && strings.Contains(t.status, "://"):
			to, t.status = t.status, "302"
		default:
			return t, false
		}
	case "rewrite":
		pattern, to = d.arg(0), d.arg(1)
		switch flag := d.arg(2); {
		case flag == "permanent":
			t.status = "301"
		case flag == "redirect", strings.HasPrefix(to, "http://"), strings.HasPrefix(to, "https://"), strings.HasPrefix(to, "$scheme://"):
			t.status = "302"
		default:
			return t, false
		}
	default:
		return t, false
	}
	t.path = to
	if match := absoluteURL().FindStringSubmatch(to); match != nil {
		t.scheme, t.host, t.path = match[1], strings.ToLower(match[2])+match[3], match[4]
		if strings.HasPrefix(t.scheme, "$") {
			t.scheme = ""
		}
		if strings.HasPrefix(t.host, "$") && t.host != "$1" {
			t.host = ""
		}
	}
	t.whole = wholePath().MatchString(t.path) && (pattern == "" || anyPath().MatchString(pattern))
	if d.name == "rewrite" && !t.whole && anyPath().MatchString(pattern) && (t.path == "" || t.path == "/") && t.host != "" {
		t.path = "/"
	}
	return t, to != ""
}

// hostRedirect is a redirect that holds for one name of a server.
type hostRedirect struct {
	name string // "" for every name
	to   target
	from []*Line
}

// findRedirects finds what a server redirects as a whole, and by name.
func (s *server) findRedirects() {
	content := false
	for _, d := range s.body {
		if r, ok := wholeRedirect(d); ok {
			s.byHost = append(s.byHost, r)
			continue
		}
		switch d.name {
		case "location":
			content = content || !forChallenges(d)
		case "root", "index", "rewrite", "try_files", "proxy_pass":
			content = content || d.name != "root" && d.name != "index"
		}
	}
	every := slices.ContainsFunc(s.byHost, func(r hostRedirect) bool { return r.name == "" })
	named := len(s.byHost) > 0 && s.last("return") != nil
	s.plainly = (every || named) && !content
}

// wholeRedirect reads what redirects every path of a server: a return, a rewrite, a
// location of all paths that has one, or an if about the host or the scheme.
func wholeRedirect(d *directive) (r hostRedirect, ok bool) {
	t, leads := redirectOf(d)
	switch {
	case leads && t.whole && (t.host != "" || t.scheme == "https"):
		return hostRedirect{to: t, from: []*Line{d.Line}}, true
	case d.name == "location" && d.arg(len(d.args)-1) == "/" && (len(d.args) == 1 || d.arg(0) == "^~"), d.name == "if":
	default:
		return r, false
	}
	inner := (*directive)(nil)
	for _, one := range d.body {
		if t, leads := redirectOf(one); leads && (t.whole || t.path == "" || t.path == "/") && (t.host != "" || t.scheme == "https") {
			inner, r.to = one, t
		} else if one.name != "access_log" {
			return r, false
		}
	}
	if inner == nil || d.name == "location" && !r.to.whole {
		return r, false
	}
	r.from = []*Line{d.Line, inner.Line}
	if d.name == "location" {
		return r, true
	}
	subject, operator, value := condition(d)
	switch {
	case subject == "$host" || subject == "$http_host":
		r.name = hostOf(operator, value)
		return r, r.name != ""
	case subject == "$scheme" && (operator == "=" && value == "http" || operator == "!=" && value == "https"),
		subject == "$https" && operator == "!=" && value == "on", subject == "$server_port" && value == "80",
		strings.EqualFold(subject, "$http_x_forwarded_proto") && operator != "", strings.EqualFold(subject, "$ssl_protocol"):
		return r, r.to.scheme == "https" && r.to.host == ""
	}
	return r, false
}

// condition takes an if apart.
func condition(d *directive) (subject, operator, value string) {
	words := slices.Clone(d.args)
	if len(words) == 0 {
		return "", "", ""
	}
	words[0] = strings.TrimPrefix(words[0], "(")
	last := len(words) - 1
	words[last] = strings.TrimSuffix(words[last], ")")
	words = slices.DeleteFunc(words, func(word string) bool { return word == "" })
	switch len(words) {
	case 1:
		return words[0], "", ""
	case 2:
		return words[1], words[0], "" // -f and its like
	case 3:
		return words[0], words[1], words[2]
	}
	return "", "", ""
}

// hostOf is the one name that a condition about the host is true of; "*" for every name
// that begins with www.
func hostOf(operator, value string) string {
	if operator == "=" {
		return strings.ToLower(value)
	}
	if operator != "~" && operator != "~*" {
		return ""
	}
	name := strings.TrimSuffix(strings.TrimPrefix(value, "^"), "$")
	if strings.HasPrefix(name, `www\.`) && strings.ContainsAny(name[5:], "(.*+") {
		return "*"
	}
	name = strings.ReplaceAll(name, `\.`, ".")
	if regexp.QuoteMeta(name) != strings.ReplaceAll(name, ".", `\.`) {
		return ""
	}
	return strings.ToLower(name)
}

// forChallenges reports a location that answers an authority's questions, which edgegen
// does itself.
func forChallenges(d *directive) bool {
	return strings.HasPrefix(d.arg(len(d.args)-1), "/.well-known/acme-challenge")
}
