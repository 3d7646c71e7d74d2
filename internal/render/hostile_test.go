package render_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"edgegen/internal/native"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// shape counts what the daemons would read in a rendering.
func shape(t *testing.T, out *render.Output) [4]int {
	t.Helper()
	nginx, err := nginxStatements(string(out.Of(site.Nginx).Main().Data))
	if err != nil {
		t.Fatalf("nginx.conf: %v", err)
	}
	vcl, err := vclStatements(string(out.Of(site.Varnish).Main().Data))
	if err != nil {
		t.Fatalf("default.vcl: %v", err)
	}
	stunnel, err := stunnelOptions(string(out.Of(site.Stunnel).Main().Data))
	if err != nil {
		t.Fatalf("stunnel.conf: %v", err)
	}
	var lines []string
	for line := range strings.Lines(string(out.Of(site.Varnish).Files[1].Data)) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	words, err := shellWords(strings.Join(lines, ""))
	if err != nil || !slices.Equal(words, out.Of(site.Varnish).Arguments.Words()) {
		t.Fatalf("varnishd.args is read as %q, not %q: %v", words, out.Of(site.Varnish).Arguments.Words(), err)
	}
	return [4]int{len(nginx), vcl, len(stunnel), len(words)}
}

// TestX1NoValueAddsADirective puts every hostile text in every place: it is
// refused at its HCL line, or the files are read with as many directives as
// with a harmless one.
func TestX1NoValueAddsADirective(t *testing.T) {
	for _, f := range fields() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			harmless := placedEdge()
			f.set(harmless, &harmless.Sites[0], f.prefix+"harmless")
			want := shape(t, mustRender(t, input(harmless)))
			for name, text := range hostileValues() {
				if f.prefix+text == "" {
					continue
				}
				edge := placedEdge()
				f.set(edge, &edge.Sites[0], f.prefix+text)
				out, err := render.Render(input(edge))
				var bad *render.ValueError
				switch {
				case err == nil:
					if got := shape(t, out); got != want {
						t.Errorf("%s: nginx, varnish, stunnel and varnishd's arguments read %v statements instead of %v", name, got, want)
					}
				case !errors.As(err, &bad):
					t.Errorf("%s: %v", name, err)
				case !slices.Contains(f.at(edge, &edge.Sites[0]), bad.Source):
					t.Errorf("%s: refused at %v instead of %v", name, bad.Source, f.at(edge, &edge.Sites[0]))
				}
			}
		})
	}
}

func TestX1LayoutAndOrigin(t *testing.T) {
	want := shape(t, mustRender(t, input(placedEdge())))
	for name, text := range hostileValues() {
		for i, change := range []func(*render.Input){
			func(in *render.Input) { in.Layout.Dir = "/" + text },
			func(in *render.Input) { in.Layout.Run = "/" + text },
			func(in *render.Input) { in.Origin = text },
			func(in *render.Input) { in.Version = text },
		} {
			in := input(placedEdge())
			change(&in)
			if out, err := render.Render(in); err == nil && shape(t, out) != want {
				t.Errorf("%s in place %d is read otherwise", name, i)
			}
		}
	}
}

// TestX1Unserved puts hostile names below a root.
func TestX1Unserved(t *testing.T) {
	below := func(text string) [4]int {
		in := input(placedEdge())
		in.Unserved = []render.Unserved{{Root: "/srv", Names: []string{"/" + text}, Trees: []string{"/state" + text},
			Families: []site.Family{{Directory: "/certs" + text + "/", Ending: ".pem"}}}}
		return shape(t, mustRender(t, in))
	}
	want := below("harmless")
	for name, text := range hostileValues() {
		if got := below(text[:min(len(text), 100)]); got != want {
			t.Errorf("%s: %v statements instead of %v", name, got, want)
		}
	}
}

// place is a hostile text in a field, by their names.
type place struct{ field, text string }

// takenPlaces are the hostile texts that are not refused, in every place that takes them.
func takenPlaces() map[place]bool {
	taken := make(map[place]bool)
	for name, text := range hostileValues() {
		if len(text) > 10_000 {
			continue // a regular expression that the daemons refuse for its length
		}
		for _, f := range fields() {
			if f.onlyOne || f.prefix+text == "" || f.name == "server path" && len(text) > 100 || f.name != "to" && text == "" {
				continue
			}
			try := placedEdge()
			f.set(try, &try.Sites[0], f.prefix+text)
			_, err := render.Render(input(try))
			taken[place{f.name, name}] = err == nil
		}
	}
	return taken
}

// accepted is one edge with a site for every hostile text, in every place that takes it.
func accepted(taken map[place]bool) (edge *site.Edge, texts map[string]string) {
	edge, texts = placedEdge(), make(map[string]string)
	edge.User = "" // of the machine, which is not what is asked here
	edge.Storage = site.Storage{Type: "memory", Size: 1 << 20}
	for name, text := range hostileValues() {
		if len(text) > 10_000 {
			continue
		}
		host := strings.NewReplacer(" ", "-").Replace(strings.ToLower(name)) + ".test"
		one := placedSite(host, site.Source{File: "site.hcl", Line: 9})
		for _, f := range fields() {
			if taken[place{f.name, name}] {
				f.set(placedEdge(), &one, f.prefix+text)
			}
		}
		edge.Sites = append(edge.Sites, one)
		texts[host] = one.Routes[0].Redirect.To
	}
	slices.SortFunc(edge.Sites, func(a, b site.Site) int { return strings.Compare(a.Host, b.Host) })
	return edge, texts
}

// TestX1DaemonsReadHostileValues gives the real daemons everything that is not refused.
func TestX1DaemonsReadHostileValues(t *testing.T) {
	taken := takenPlaces()
	t.Run("nginx", func(t *testing.T) { nginxReads(t, taken) })
	t.Run("varnish", func(t *testing.T) { varnishReads(t, taken) })
}

// nginxReads starts the real nginx, and reads a value of every site back.
func nginxReads(t *testing.T, taken map[place]bool) {
	daemon := installed(t, site.Nginx)
	edge, texts := accepted(taken)
	s := stage(t, edge)
	s.accept(t, native.NginxCheck(daemon, s.setup, s.web, s.hear))
	s.run(t, native.NginxProcess(daemon, s.setup, s.web))
	for host, want := range texts {
		response := s.ask(t, host, "/redirect")
		if got := response.Header.Get("Location"); got != strings.TrimSpace(want) {
			t.Errorf("%s: nginx answers %d with the Location %q, not %q", host, response.StatusCode, got, want)
		}
	}
}

// ask sends a request to the web tier's socket.
func (s *staged) ask(t *testing.T, host, path string) *http.Response {
	t.Helper()
	return s.askWith(t, host, path, nil)
}

// askWith is ask with more fields.
func (s *staged) askWith(t *testing.T, host, path string, fields map[string]string) *http.Response {
	t.Helper()
	var more strings.Builder
	for name, value := range fields {
		fmt.Fprintf(&more, "%s: %s\r\n", name, value)
	}
	connection, err := (&net.Dialer{}).DialContext(soon(t), "unix", s.setup.Layout.WebSocket())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\n%sConnection: close\r\n\r\n", path, host, more.String()); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatalf("%s%s: %v", host, path, err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	response.Body = io.NopCloser(strings.NewReader(string(body)))
	return response
}

// varnishReads has the real compiler translate all, and finds each value in the C program
// that it makes.
func varnishReads(t *testing.T, taken map[place]bool) {
	daemon := installed(t, site.Varnish)
	edge, _ := accepted(taken)
	s := stage(t, edge)
	s.acceptVCL(t, daemon, false)
	program := s.heard()
	for _, one := range edge.Sites {
		value := one.Routes[2].ResponseHeaders.Set[0].Value
		if strings.Contains(value, `"}`) || len(value) > 1000 {
			continue // in several strings, or lines
		}
		if !strings.Contains(program, cString(value)) {
			t.Errorf("%s: no %s in the C program", one.Host, cString(value))
		}
	}
}

// cString writes a C string as varnish's compiler does.
func cString(value string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, c := range []byte(value) {
		switch {
		case c == '"' || c == '\\' || c == '?': // which might begin a trigraph
			out.WriteByte('\\')
			out.WriteByte(c)
		case c < 0x20 || c >= 0x7f:
			fmt.Fprintf(&out, `\%03o`, c)
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}
