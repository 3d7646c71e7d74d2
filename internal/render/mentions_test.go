package render

import (
	"testing"

	"edgegen/internal/site"
)

// TestMentions holds that a line of a file leads to what it names, or else to what
// is named above it, whatever else looks like a place.
func TestMentions(t *testing.T) {
	type view struct{ A, B, Default site.Source }
	const written = `# made by edgegen
# {{ source .A }}
server {
    listen 80; # {{ source .B }}
    add_header X "a # c.hcl:99";
    both; # {{ source .B }}, {{ source .A }}
    listen 81; # {{ source .Default }}: limits.connections
    listen 82;
`
	program, err := compile(&Templates{Texts: map[string][]byte{"nginx/nginx.conf.tmpl": []byte(written)}}, "nginx/nginx.conf.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	a, b := site.Source{File: "site.hcl", Line: 3}, site.Source{File: "sites/a-b.hcl", Line: 12}
	for range 2 { // as a program can be run again
		made, err := program.run(view{A: a, B: b})
		if err != nil {
			t.Fatal(err)
		}
		file := made.file("a")
		for _, test := range []struct {
			name string
			line int
			want site.Source
		}{
			{"line zero", 0, site.Source{}},
			{"nothing above", 1, site.Source{}},
			{"the comment itself", 2, a},
			{"below a comment", 3, a},
			{"at the end of the line", 4, b},
			{"a value like a place", 5, b},
			{"two places", 6, a},
			{"a default", 7, site.Source{}},
			{"below a default", 8, site.Source{}},
			{"below the file", 100, site.Source{}},
		} {
			t.Run(test.name, func(t *testing.T) {
				if got, ok := file.Source(test.line); got != test.want || ok != (test.want.Line > 0) {
					t.Errorf("got %v, %v; want %v", got, ok, test.want)
				}
			})
		}
	}
}
