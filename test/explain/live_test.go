package explain

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"edgegen/internal/api"
	"edgegen/internal/explain"
	"edgegen/internal/site"
	"edgegen/internal/vsm"
	"edgegen/test/edge"
)

// live asks the running edge by way of the verbs, and then explains lines of its log.
func live(t *testing.T, h *edge.Home, g *generated, https string) {
	t.Helper()
	_, port, _ := strings.Cut(https, ":")
	for _, host := range g.hosts[:2] {
		for _, path := range []string{"/live", "/x.txt?live", "/.env", "/sub/page/"} {
			result := h.Verb("explain", "GET", "https://"+host+":"+port+path, "--live", "--json")
			e := &explain.Explanation{}
			if err := json.Unmarshal([]byte(result.Out), e); err != nil {
				t.Fatalf("%s: %v\n%s", path, err, result.Err)
			}
			if result.Code != 0 || e.Live == nil || e.Live.Differs || e.Live.Log == nil {
				t.Errorf("%s%s: exit code %d\n%s", host, path, result.Code, result.Out)
				continue
			}
			result = h.Verb("explain", "--id", e.Live.Log.Text("id"), "--engine", "builtin", h.File)
			if result.Code != 0 || !strings.Contains(result.Out, "by the access log") {
				t.Errorf("%s%s by its id: exit code %d\n%s%s", host, path, result.Code, result.Out, result.Err)
			}
		}
	}
	if h.Cache == site.Varnish {
		overheard(t, h, "https://"+g.hosts[0]+":"+port+"/live/3")
	}
	for i, protocol := range []string{site.HTTP2, site.HTTP3} {
		for _, scheme := range []string{"https", "wss"} {
			wanted := "HTTP/1.1"
			if h.SpeaksHTTP2() && (scheme == "https" || g.ours) {
				wanted = "HTTP/2.0"
			}
			if g.quic && protocol == site.HTTP3 {
				wanted = "HTTP/3.0"
			}
			over(t, h, fmt.Sprintf("%s://%s:%s/live/%d", scheme, g.hosts[0], port, 10+i), protocol, wanted)
		}
	}
	h.Write("site.edgetest.hcl", fmt.Sprintf("test \"live\" {\n  request {\n    url = \"https://nobody:%s/x\"\n    headers = { Host = \"%s\" }\n  }\n"+
		"  expect {\n    site = %q\n    cache = [\"PASS\", \"MISS\", \"HIT\"]\n    headers = { Server = null }\n  }\n}\n", port, g.hosts[0], g.hosts[0]))
	if result := h.Verb("test", "--live", "-v"); result.Code != 0 || !strings.Contains(result.Out, "--- ok:   live") {
		t.Errorf("edgegen test --live: exit code %d\n%s%s", result.Code, result.Out, result.Err)
	}
	if result := h.Verb("explain", "GET", "https://a.test:1/", "--live"); result.Code != 1 || !strings.Contains(result.Err, "does not listen on port 1") {
		t.Errorf("another port: exit code %d\n%s", result.Code, result.Err)
	}
	if result := h.Verb("explain", "--id", "nobody", h.File); result.Code != 1 || !strings.Contains(result.Err, `about the request "nobody"`) {
		t.Errorf("no such id: exit code %d\n%s", result.Code, result.Err)
	}
}

// over asks for a version of HTTP, and holds that it is the wanted one that is spoken as
// foretold.
func over(t *testing.T, h *edge.Home, url, protocol, wanted string) {
	result := h.Verb("explain", "GET", url, "--live", "--json", "--protocol", protocol)
	e := &explain.Explanation{}
	if err := json.Unmarshal([]byte(result.Out), e); err != nil {
		t.Fatalf("%s over %s: %v\n%s", url, protocol, err, result.Err)
	}
	if result.Code != 0 || e.Live == nil || e.Live.Differs || e.Live.Log == nil || e.Live.Protocol != wanted {
		t.Errorf("%s over %s: exit code %d\n%s", url, protocol, result.Code, result.Out)
		return
	}
	result = h.Verb("explain", "--id", e.Live.Log.Text("id"), h.File)
	if result.Code != 0 || !strings.Contains(result.Out, "It came under generation 1") {
		t.Errorf("%s over %s by its id: exit code %d\n%s%s", url, protocol, result.Code, result.Out, result.Err)
	}
}

// overheard holds that what varnishd itself has logged is told, and that it logs less
// again afterwards.
func overheard(t *testing.T, h *edge.Home, url string) {
	result := h.Verb("explain", "GET", url, "--live", "--json")
	e := &explain.Explanation{}
	if err := json.Unmarshal([]byte(result.Out), e); err != nil || e.Live == nil {
		t.Fatalf("%v\n%s", err, result.Err)
	}
	for _, tag := range []string{"ReqURL", "VCL_call", "RespHeader"} {
		if !slices.ContainsFunc(e.Live.Varnish, func(r vsm.Logged) bool { return r.Tag == tag }) {
			t.Errorf("varnishd's %s is not told: %+v", tag, e.Live.Varnish)
		}
	}
	client, err := api.NewClient(h.State)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", e.Live.Address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /live/4 HTTP/1.1\r\nHost: "+e.Site+"\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Fatal(err)
	}
	records := edge.Await(t, "varnishd has logged a request", edge.Patience, func() []vsm.Logged {
		records, err := client.Logged(t.Context(), "/live/4", conn.LocalAddr().(*net.TCPAddr).Port)
		if err != nil {
			t.Fatal(err)
		}
		return records
	}, func(records []vsm.Logged) bool { return len(records) > 0 })
	if slices.ContainsFunc(records, func(r vsm.Logged) bool { return r.Tag == "VCL_call" || r.Tag == "RespHeader" }) {
		t.Errorf("varnishd still logs everything: %+v", records)
	}
}
