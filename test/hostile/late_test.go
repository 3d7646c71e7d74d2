package hostile

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"

	"edgegen/test/edge"
	"edgegen/test/load"
)

// sleeping has each of varnishd's deliveries begin when the app has long been gone.
const sleeping = `edge {
  raw {
    varnish {
      top     = "import vtc;"
      deliver = "vtc.sleep(150ms);"
    }
  }
`

// A cut is an answer that breaks off, or one that does not.
type cut struct {
	name, answer string
	whole        bool
}

// cuts are those that are tried.
func cuts() (all []cut) {
	const stored, large = "Cache-Control: max-age=60\r\n", "Content-Length: 4000000\r\n"
	for _, fields := range []string{"", stored, stored + "Set-Cookie: a=1\r\n", "Content-Type: text/plain\r\n", "Content-Type: text/plain\r\n" + stored} {
		begin := head + fields + chunks + "\r\n"
		for _, c := range []cut{
			{"chunks: none", begin, false},
			{"chunks: half of one", begin + "99\r\n" + mark, false},
			{"chunks: no last one", begin + chunk, false},
			{"chunks: half of the last one", begin + chunk + "0\r\n", false},
			{"chunks: one that is none", begin + chunk + "odd", false},
			{"chunks: all", begin + chunk + last, true},
			{"a large body: nothing of it", head + fields + large + "\r\n", false},
			{"a large body: some of it", head + fields + large + plain, false},
			{"a small body: some of it", head + fields + "Content-Length: 9\r\n" + plain, false},
			{"a small body: all of it", head + fields + length + plain, true},
		} {
			c.name = strings.TrimSpace(fmt.Sprintf("%s %q", c.name, fields))
			all = append(all, c)
		}
	}
	return all
}

// TestE2LateDelivery holds that an answer which breaks off is never a whole one, however
// late varnishd's thread for the client comes to look at it: here always later than its
// end.
func TestE2LateDelivery(t *testing.T) {
	all := cuts()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	load.Serve(t, listener, func(conn net.Conn) { breakOff(conn, all) })
	for _, c := range edge.Named(t, "native,builtin-tls,builtin-web") {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			h := edge.NewHome(t, c)
			h.CompileAsUsersIn(edge.Native)
			text := strings.Replace(fmt.Sprintf(siteText, listener.Addr()), "edge {\n", sleeping, 1)
			h.Write("site.hcl", strings.Replace(text, "  route \"/\" {", "  route \"/packed\" {\n    backend = \"app\"\n    compress {}\n  }\n  route \"/\" {", 1))
			e := h.Run()
			askers := []asker{&rawAsker{address: e.HTTPS()}}
			if c.SpeaksHTTP2() {
				askers = append(askers, newStreams(t, e.HTTPS()))
			}
			for i := range all {
				var work sync.WaitGroup
				for n, route := range []string{"/", "/", "/ttl/", "/ttl/", "/packed/"} { // several clients may share a fetch
					a := askers[n%len(askers)]
					if _, alone := a.(*rawAsker); alone {
						a = &rawAsker{address: e.HTTPS()}
					}
					work.Go(func() { comesLate(t, a, all[i], route+strconv.Itoa(i)) })
				}
				work.Wait()
			}
			if death := died.FindString(e.Err.Text()); death != "" {
				t.Errorf("a daemon died: %s", death)
			}
			e.Stop()
		})
	}
}

// comesLate asks for an answer, and looks whether it is whole.
func comesLate(t *testing.T, a asker, c cut, target string) {
	defer a.close()
	got, err := a.ask("GET", target)
	switch looksWhole := err == nil && got.status < 500; {
	case looksWhole && !c.whole:
		t.Errorf("%s: %s: a whole %d with %.60q", target, c.name, got.status, got.text)
	case !looksWhole && c.whole, c.whole && !strings.HasSuffix(got.text, mark):
		t.Errorf("%s: %s: %d with %.60q: %v", target, c.name, got.status, got.text, err)
	}
}

// breakOff answers with the cut whose number ends the path, and closes.
func breakOff(conn net.Conn, all []cut) {
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	if n, err := strconv.Atoi(path.Base(request.URL.Path)); err == nil && n < len(all) {
		_, _ = io.WriteString(conn, all[n].answer) // the peer may have gone
	}
}
