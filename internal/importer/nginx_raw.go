package importer

import (
	"fmt"
	"slices"
	"strings"
)

// staysRaw reports directives that change an answer on its way, or its pace, and nothing
// else, by what every build of nginx has: who answers, and what, is decided without them.
func staysRaw(name string) bool {
	switch name {
	case "sub_filter", "sub_filter_once", "sub_filter_types", "sub_filter_last_modified",
		"proxy_cookie_domain", "proxy_cookie_path", "proxy_cookie_flags",
		"limit_rate", "limit_rate_after", "proxy_limit_rate":
		return true
	}
	return false
}

// repeats reports those that may stand in a block several times.
func repeats(name string) bool {
	return name == "sub_filter" || strings.HasPrefix(name, "proxy_cookie_")
}

// keepRaw puts such directives into raw text of what the block around them has become: a
// route, or a site. A location has those of its server where it has none of its own, as in
// raw text.
func (n *nginx) keepRaw() {
	texts := make(map[*block]*rawText)
	n.conf.every(func(d *directive) {
		if !d.open() || d.block || !staysRaw(d.name) {
			return
		}
		var into []*block
		switch d.around.name {
		case "location":
			for _, b := range n.sites() {
				into = append(into, comingFrom(b.all("route"), d.around.Line)...)
			}
		case "server":
			into = comingFrom(n.sites(), d.around.Line)
		default:
			return
		}
		if len(into) == 0 {
			d.refuse("what stands around it is no site and no route here", "write it into `raw { nginx = … }` of a route by hand")
		}
		for _, b := range into {
			if texts[b] == nil {
				texts[b] = &rawText{}
			}
			texts[b].add(b, d)
		}
	})
}

func comingFrom(blocks []*block, line *Line) []*block {
	return slices.DeleteFunc(slices.Clone(blocks), func(b *block) bool { return !slices.Contains(b.from, line) })
}

// rawText is that of one block, statement by statement.
type rawText struct {
	names      []string
	statements []string
}

func (t *rawText) add(b *block, d *directive) {
	statement, why := rawStatement(d)
	if why != "" {
		d.refuse(why, "write it into `raw { nginx = … }` by hand")
		return
	}
	known := slices.Contains(t.statements, statement)
	if !known && !repeats(d.name) && slices.Contains(t.names, d.name) {
		d.refuse("another one stands there already, from another block of the old files", "keep one of them")
		return
	}
	if !known {
		t.names, t.statements = append(t.names, d.name), append(t.statements, statement)
	}
	text := strings.NewReplacer("${", "$${", "%{", "%%{").Replace(strings.Join(t.statements, "\n  "))
	b.sub("raw").set("nginx", "<<-EOT\n  "+text+"\nEOT", d.Line)
	if strings.Contains(d.name, "limit_rate") && d.Why == "" && !d.open() && d.Verdict != Refused {
		d.Why = "it holds for what nginx sends: what the cache has stored is given at once"
	}
}

// rawStatement writes a directive as nginx reads it, or says why it would mean something
// else: nginx is asked by the cache here, so that its variables are about that.
func rawStatement(d *directive) (statement, why string) {
	words := []string{d.name}
	for _, arg := range d.args {
		variables := strings.NewReplacer("${host}", "", "$host", "", "${http_host}", "", "$http_host", "").Replace(arg)
		switch {
		case strings.Contains(variables, "$"):
			return "", "a variable of nginx's may have another value here, behind the cache"
		case strings.ContainsAny(arg, "\\\n\r\t"):
			return "", "it has a backslash, or white space, that may be read otherwise"
		case arg == "" || strings.ContainsAny(arg, " ;{}\"'#"):
			arg = fmt.Sprintf("\"%s\"", strings.ReplaceAll(arg, `"`, `\"`))
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ") + ";", ""
}
