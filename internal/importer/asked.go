package importer

import (
	"slices"
	"strings"
)

// Asked is a request that the old files say something of.
type Asked struct {
	Host, Path string
	HTTPS      bool
	WebSocket  bool
}

// Asked are requests that the old files name: the paths of all locations and rules, for
// all hosts of the site.
func (r *Result) Asked() (all []Asked) {
	paths := []string{"/", "/edgegen-asks-for-nothing", "/robots.txt"}
	add := func(path string) {
		if strings.HasPrefix(path, "/") && !strings.ContainsAny(path, " \"?#%\\^$()[]|*+{}<>") && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	for _, conf := range r.old.nginx {
		conf.every(func(d *directive) {
			last := d.arg(len(d.args) - 1)
			switch {
			case d.name == "location" && strings.HasPrefix(d.arg(0), "~"):
				add(example(last))
			case d.name == "location":
				add(last)
				if len(d.args) == 1 || d.arg(0) == "^~" {
					add(strings.TrimSuffix(last, "/") + "/below")
				}
			case d.name == "rewrite":
				add(example(d.arg(0)))
			case d.around.name == "map" && strings.HasPrefix(d.name, "/"):
				add(d.name)
			}
		})
	}
	for _, v := range r.old.vcl {
		for _, s := range v.items {
			s.every(func(one *statement) {
				for _, word := range one.words {
					if word.quoted && strings.HasPrefix(strings.TrimPrefix(word.text, "^"), "/") {
						add(example(word.text))
					}
				}
			})
		}
	}
	for _, b := range r.chain.sites() {
		if b.off != "" {
			continue
		}
		for _, host := range b.hosts() {
			host = strings.Replace(host, "*", "any", 1)
			for _, path := range paths {
				all = append(all, Asked{Host: host, Path: path, HTTPS: true})
			}
			all = append(all, Asked{Host: host, Path: "/?a=b"}, Asked{Host: host, Path: "/", HTTPS: true, WebSocket: true})
		}
	}
	return all
}

var (
	groups = lazily(`\((?:\?:|\?<\w+>)?([^()|]*)[^()]*\)[?*+]?`)
	atoms  = lazily(`\[[^\]]*\][*+?]?|\\[dw][*+?]?|\.[*+]`)
)

// example is a path that an expression matches, as a guess; what is none is not asked.
func example(expression string) string {
	text := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(expression, "(?i)"), "^"), "$")
	for range 3 {
		text = groups().ReplaceAllString(text, "$1")
	}
	text = atoms().ReplaceAllString(text, "1")
	text = strings.ReplaceAll(strings.ReplaceAll(text, `\.`, "."), `\/`, "/")
	if strings.HasPrefix(text, ".") {
		text = "/file" + text
	}
	return text
}
