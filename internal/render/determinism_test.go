package render_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgegen/internal/render"
	"edgegen/internal/site"
)

// everything is the text of all files of a generation.
func everything(out *render.Output) string {
	var text strings.Builder
	for _, file := range out.Files() {
		fmt.Fprintf(&text, "==== %s %v\n%s", file.Name, file.Mode, file.Data)
	}
	return text.String() + strings.Join(out.Of(site.Varnish).Arguments.Words(), " ") + "\n" + generations(out)
}

func TestRenderIsTheSameEachTime(t *testing.T) {
	for _, g := range goldens() {
		t.Run(g.name, func(t *testing.T) {
			loaded, _ := g.load(t)
			first := everything(mustRender(t, input(loaded.Edge)))
			if diff := cmp.Diff(first, everything(mustRender(t, input(loaded.Edge)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRenderInSeveralGoroutines is for the race detector.
func TestRenderInSeveralGoroutines(t *testing.T) {
	loaded, _ := goldens()[0].load(t)
	want := everything(mustRender(t, input(loaded.Edge)))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			out, err := render.Render(input(loaded.Edge))
			if err != nil || everything(out) != want {
				t.Errorf("another rendering, or %v", err)
			}
		})
	}
	all.Wait()
}

// shuffled is HCL whose blocks and lists stand in the order of the argument.
func shuffled(order func([]string) string) string {
	set := func(name string, pairs ...string) string { return name + " = {\n" + order(pairs) + "}\n" }
	block := func(head string, parts ...string) string { return head + " {\n" + order(parts) + "}\n" }
	app := func(name string) string {
		return block(`backend "`+name+`"`, "servers = [\"127.0.0.1:5000\", \"127.0.0.1:5001\"]\n", "command = [\"app\"]\n",
			set("env", "A = \"1\"\n", "B = \"2\"\n", "C = \"3\"\n"))
	}
	website := func(host string) string {
		return block(`site "`+host+`"`,
			block("tls", "self_signed = true\n", "min_version = \"1.3\"\n"),
			app("one"), app("two"), app("three"),
			block("cache", "grace = \"1m\"\n", "stale_if_error = \"1h\"\n"),
			block("maintenance", "page = \"m.html\"\n", "retry_after = \"1m\"\n"),
			block(`route "/a"`, "backend = \"one\"\n", "websocket = true\n",
				block("request_headers", set("set", "\"X-A\" = \"1\"\n", "\"X-B\" = \"2\"\n"), "remove = [\"X-C\"]\n"),
				block("response_headers", set("set", "\"X-D\" = \"1\"\n", "\"X-E\" = \"2\"\n", "\"X-F\" = \"3\"\n"))),
			block(`route "/b"`, "backend = \"two\"\n", "websocket = true\n", "cache { ttl = \"1m\" }\n"),
			block(`route "/"`, "backend = \"three\"\n", block("static", "root = \"public\"\n", "index = [\"a.html\", \"b.html\"]\n")))
	}
	return order([]string{
		block("edge", "user = \"www-data\"\n", block("limits", "connections = 100\n", "websockets = 10\n"), block("timeouts", "idle = \"7s\"\n", "drain = \"3s\"\n")),
		website("a.test"), website("b.test"), website("c.test"),
	})
}

// TestRenderOrderOfBlocks: only the line numbers, and who answers a client that
// names no host, tell in which order the HCL was written.
func TestRenderOrderOfBlocks(t *testing.T) {
	golden := golden{name: "minimal"}
	_, dir := golden.load(t)
	lines := regexp.MustCompile(`site\.hcl:[0-9]+`)
	var texts []string
	for _, order := range []func([]string) string{
		func(parts []string) string { return strings.Join(parts, "") },
		func(parts []string) string {
			parts = slices.Clone(parts)
			slices.Reverse(parts)
			return strings.Join(parts, "")
		},
	} {
		loaded := loadText(t, dir, shuffled(order))
		loaded.Edge.First = 0
		out := mustRender(t, input(loaded.Edge))
		text := lines.ReplaceAllString(everything(out), "site.hcl:1")
		texts = append(texts, strings.NewReplacer(out.Of(site.Varnish).Generation, "generation", out.Of(site.Nginx).Generation, "generation").Replace(text))
	}
	if diff := cmp.Diff(texts[0], texts[1]); diff != "" {
		t.Error(diff)
	}
}

// TestRenderGeneration: a tier's changes exactly when its files do, so that a
// reload touches nobody else (R3).
func TestRenderGeneration(t *testing.T) {
	generation := func(change func(*render.Input)) map[site.Engine]string {
		in := input(placedEdge())
		in.PEM = [][][]byte{{[]byte("certificate")}}
		change(&in)
		names := make(map[site.Engine]string)
		for _, d := range mustRender(t, in).Daemons {
			names[d.Engine] = d.Generation
		}
		return names
	}
	same := generation(func(*render.Input) {})
	for _, c := range []struct {
		name            string
		change          func(*render.Input)
		tls, cache, web bool
	}{
		{"nothing", func(*render.Input) {}, false, false, false},
		{"where the access log goes", func(in *render.Input) { in.Edge.Log.Access = "/elsewhere" }, false, false, false},
		{"whether there is one", func(in *render.Input) { in.Edge.Log.Access = "off" }, false, true, false},
		{"a certificate", func(in *render.Input) { in.PEM = [][][]byte{{[]byte("renewed")}} }, true, false, false},
		{"a header", func(in *render.Input) { in.Edge.Sites[0].Routes[2].ResponseHeaders.Set[0].Value = "y" }, false, true, false},
		{"a root", func(in *render.Input) { in.Edge.Sites[0].Routes[3].Static.Root = "/other" }, false, false, true},
		{"the line of a listener", func(in *render.Input) { in.Edge.HTTPS[0].Source.Line++ }, false, false, false},
		{"the storage", func(in *render.Input) { in.Edge.Storage.Size++ }, false, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := generation(c.change)
			if (got[site.Stunnel] != same[site.Stunnel]) != c.tls || (got[site.Varnish] != same[site.Varnish]) != c.cache || (got[site.Nginx] != same[site.Nginx]) != c.web {
				t.Errorf("generation %v after %v", got, same)
			}
		})
	}
}

// TestRenderLayout holds the files to what a reader wants: no trailing space,
// no tabs, no two blank lines, one newline at the end.
func TestRenderLayout(t *testing.T) {
	for _, g := range goldens() {
		loaded, _ := g.load(t)
		for _, file := range mustRender(t, input(loaded.Edge)).Files() {
			text := string(file.Data)
			if strings.Contains(text, "\n\n\n") || strings.Contains(text, "\t") || strings.Contains(text, " \n") ||
				strings.HasSuffix(text, "\n\n") || !strings.HasSuffix(text, "\n") || strings.HasPrefix(text, "\n") {
				t.Errorf("%s: %s has blank lines or spaces that nobody wants", g.name, file.Name)
			}
		}
	}
}

// TestRenderPEM: a file for each certificate, under a name that no other has.
func TestRenderPEM(t *testing.T) {
	edge := placedEdge()
	in := input(edge)
	for i, host := range []string{"example.com", "1--2", "1::2", "1_2"} {
		if i > 0 {
			edge.Sites = append(edge.Sites, placedSite(host, site.Source{}))
		}
		in.PEM = append(in.PEM, [][]byte{[]byte(host), []byte("another for " + host)})
	}
	names := make(map[string]bool)
	for i, file := range mustRender(t, in).Of(site.Stunnel).PEM {
		if file.Mode != 0o600 || string(file.Data) != string(in.PEM[i/2][i%2]) || names[file.Name] {
			t.Errorf("%s %v %q", file.Name, file.Mode, file.Data)
		}
		names[file.Name] = true
	}
	if len(names) != 8 {
		t.Errorf("files %v", names)
	}
}

// generations lists what the daemons' files are called.
func generations(out *render.Output) string {
	var names []string
	for _, d := range out.Daemons {
		names = append(names, string(d.Engine)+" "+d.Generation)
	}
	return strings.Join(names, "\n")
}
