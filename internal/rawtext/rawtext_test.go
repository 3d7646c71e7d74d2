package rawtext

import "testing"

type text struct {
	in   string
	line int // that is refused; 0 for none
}

func hold(t *testing.T, check func(string) *Problem, texts []text) {
	t.Helper()
	for _, one := range texts {
		p := check(one.in)
		switch {
		case p == nil && one.line == 0:
		case p == nil:
			t.Errorf("%q is taken", one.in)
		case p.Line != one.line || p.What == "" || p.Remedy == "":
			t.Errorf("%q: %+v, not line %d", one.in, *p, one.line)
		}
	}
}

func TestL6Nginx(t *testing.T) {
	hold(t, Nginx, []text{
		{"", 0}, {"# nothing", 0}, {"limit_rate 1k;", 0},
		{"if ($uri ~ \"}\") {\n  return 403;\n}", 0},
		{"location /x { add_header A b; }", 0},
		{"server { listen unix:/x; proxy_set_header A b; }", 0},
		{"set $a '${b}; }';", 0}, {"set $a ${b};", 0}, {`set $a \};`, 0}, {"a b}c;", 0},
		{"map $a $b { default 1; } # }", 0},
		{"}", 1}, {"a b;\n} server {", 2}, {"if ($a) {", 1}, {"a;\nif ($a) {\n b;", 2},
		{"limit_rate 1k", 1}, {"a b;\nc", 2}, {"set $a \"b;", 1}, {"a \\", 1}, {"a b }", 1},
		{"set $a ${b ; }", 1}, {"# x\n}", 2}, {"a \"b\"c;", 1}, {";", 1}, {"{ }", 1},
		{"add_header A b always;", 0}, {"proxy_set_header A b;\nproxy_hide_header C;", 0},
		{"add_header X-Edge-Tier b;", 1}, {"add_header content-type b;", 1}, {"a;\nproxy_set_header \"Host\" b;", 2},
		{"if ($b) { add_header A b; }", 1}, {"a;\nif ($b) { proxy_set_header A b; }", 2},
		{"content_by_lua_block { }", 1}, {"a \x00;", 1}, {"a\n\n\x1b;", 3},
	})
}

// In the http block, what servers say by the same directive counts alone.
func TestL6NginxHTTP(t *testing.T) {
	hold(t, NginxHTTP, []text{
		{"map $a $b { default 1; }", 0}, {"proxy_set_header A b;", 0}, {"server { add_header A b; }", 0},
		{"a b;\nadd_header A b;", 2}, {"proxy_set_header Host b;", 1},
	})
}

func TestL6NginxHeaders(t *testing.T) {
	for _, c := range []struct {
		text          string
		answers, apps bool
	}{
		{"", false, false},
		{"limit_rate 1k; # add_header", false, false},
		{"add_header A b;", true, false},
		{"set $a \"}\";\nproxy_hide_header A;", false, true},
		{"location /x { add_header A b; }\nproxy_pass_header A;", false, true},
	} {
		if answers, apps := NginxHeaders(c.text); answers != c.answers || apps != c.apps {
			t.Errorf("%q: %t and %t", c.text, answers, apps)
		}
	}
}

func TestL6VCL(t *testing.T) {
	hold(t, VCL, []text{
		{"", 0}, {"# }", 0}, {"/* } */ // }\n", 0},
		{"set req.http.A = \"}\";", 0}, {`set req.http.A = {"} "};`, 0}, {`set req.http.A = """}""";`, 0},
		{"if (req.url ~ \"x\") {\n return (pass);\n}", 0}, {"acl x { \"127.0.0.1\"; }", 0}, {"set req.http.includes = \"C{\";", 0},
		{"}", 1}, {"a;\n} else {", 2}, {"if (x) {", 1}, {"set req.http.A = \"b\"", 1}, {"a;\nb", 2},
		{"set req.http.A = \"b\n\";", 1}, {"/* ", 1}, {`a {" ;`, 1}, {"C{ }C", 1}, {"a;\nC{ }C", 2},
		{"include \"x\";", 1}, {"a \x01;", 1},
	})
}

func TestL6Stunnel(t *testing.T) {
	hold(t, Stunnel, []text{
		{"", 0}, {"; [x]", 0}, {"ciphers = HIGH\n# x\n\nTIMEOUTidle=5", 0},
		{"[other]", 1}, {"a = b\n  [other]", 2}, {"no option", 1}, {"Connect = 1", 1}, {"x = 1\naccept=2", 2}, {"include = /etc", 1},
	})
}
