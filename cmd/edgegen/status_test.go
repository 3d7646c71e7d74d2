package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgegen/internal/api"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// degraded is an edge of which everything is told.
func degraded() api.Status {
	return api.Status{
		Version: "1.0.0", PID: 4200, Site: "/etc/edgegen/site.hcl", State: "degraded", Generation: 7, Uptime: 7300,
		Tiers: []api.TierStatus{
			{Role: "tls", Engine: "stunnel", Version: "5.68", State: "running", PID: 4210, Since: noon.Add(-2 * time.Hour), Listen: []string{"0.0.0.0:443", "[::]:443"}, Busy: true, Reason: "busy: it is at its limit: it closes new connections"},
			{Role: "cache", Engine: "builtin", Version: "1.0.0", State: "running", PID: 4200, Restarts: 5, Since: noon.Add(-42 * time.Second), Reason: "varnish keeps crashing\x1b[2J"},
			{Role: "web", Engine: "nginx", Version: "1.22.1", State: "backoff", Restarts: 12, Since: noon.Add(-3 * time.Minute), Listen: []string{"0.0.0.0:80", "unix:/var/lib/edgegen/run/web.sock"}, Reason: "exit status 1"},
		},
		Backends: []api.BackendStatus{
			{Site: "vzine.us", Name: "goliath", Servers: []string{"127.0.0.1:5000"}, Process: &api.ProcessStatus{PID: 4300, State: "running", Restarts: 1}},
			{Site: "vzine.us", Name: "search", Servers: []string{"10.0.0.1:80", "10.0.0.2:80"}},
		},
		LastReload:  &api.ReloadStatus{At: noon.Add(-72 * time.Hour), OK: false, Error: "nginx -t:\nno such file", Duration: 1240},
		Connections: api.Connections{WebSockets: 12},
	}
}

func TestStatusText(t *testing.T) {
	well := degraded()
	well.State, well.Backends, well.LastReload, well.Connections.WebSockets = "ready", nil, &api.ReloadStatus{At: noon.Add(-time.Minute), OK: true, Duration: 311.7}, 1
	well.Tiers = []api.TierStatus{
		{Role: "tls", Engine: "builtin", State: "running", PID: 4200, Reason: "--engine asks for it"},
		{Role: "cache", Engine: "builtin", State: "running", PID: 4200, Reason: "varnishd is not installed"},
		{Role: "web", Engine: "nginx", State: "running", PID: 4201, Reason: "installed"},
	}
	again := api.Status{State: "ready", Tiers: []api.TierStatus{
		{Role: "cache", Engine: "varnish", State: "running", PID: 4202, Restarts: 1, Reason: "installed",
			LastFailure: &api.FailureStatus{At: noon.Add(-12 * time.Second), Reason: "its child (17) has ended: Assert error in VRG_CheckBo()"}},
	}}
	watched := api.Status{State: "ready", Backends: []api.BackendStatus{{Site: "vzine.us", Name: "goliath", Servers: []string{"app.internal:5000"},
		Endpoints: []api.EndpointStatus{
			{Server: "app.internal:5000", Address: "10.0.0.1:5000", State: "well", Since: noon.Add(-time.Hour), Open: 3},
			{Server: "app.internal:5000", Address: "10.0.0.2:5000", State: "unwell", Since: noon.Add(-time.Minute), Reason: "it answers 500"},
			{Address: "10.0.0.3:5000", State: "draining", Open: 1, LastFailure: &api.FailureStatus{At: noon.Add(-2 * time.Second), Reason: "reset"}},
		},
		Names: []api.NameStatus{{Name: "app.internal", Addresses: []string{"10.0.0.1", "10.0.0.2"}, Since: noon.Add(-2 * time.Minute), Next: noon.Add(12 * time.Second), Problem: "there is no such name"}},
	}}}
	at := func(d time.Duration) *time.Time { t := noon.Add(d); return &t }
	const day = 24 * time.Hour
	certified := api.Status{State: "ready", Certificates: []api.CertificateStatus{
		{Site: "vzine.us", Source: "acme", Issuer: "R11", NotAfter: noon.Add(40 * day), DaysLeft: 40, Renewal: at(10 * day)},
		{Site: "new.us", Source: "acme", Issuer: "edgegen local authority 3f", NotAfter: noon.Add(300 * day), DaysLeft: 300, Waiting: true,
			Problem: "the authority does not find new.us in the DNS", Next: at(2 * time.Minute)},
		{Site: "old.us", Source: "file", Issuer: "R11", NotAfter: noon.Add(-3 * day), DaysLeft: -3},
	}}
	for _, c := range []struct {
		name   string
		status api.Status
		color  bool
		width  int
		want   string
	}{
		{"degraded", degraded(), false, 0, `degraded, up 2h: /etc/edgegen/site.hcl
pid 4200, generation 7, 12 WebSockets

TIER   ENGINE   VERSION  STATE    PID   RESTARTS  SINCE  LISTENING
tls    stunnel  5.68     running  4210  0         2h     0.0.0.0:443 [::]:443
       = busy: it is at its limit: it closes new connections
cache  builtin  1.0.0    running  4200  5         42s    -
       = varnish keeps crashing�[2J
web    nginx    1.22.1   backoff  -     12        3m     0.0.0.0:80 web.sock
       = exit status 1

SITE      BACKEND  STATE    PID   RESTARTS  SERVERS
vzine.us  goliath  running  4300  1         127.0.0.1:5000
vzine.us  search   -        -     -         10.0.0.1:80 10.0.0.2:80

last reload: refused 3d ago after 1.2 s: nginx -t: no such file
`},
		{"certificates", certified, false, 0, `ready, up 0s: 
pid 0, generation 0, no WebSocket

TIER  ENGINE  VERSION  STATE  PID  RESTARTS  SINCE  LISTENING

SITE      CERTIFICATE  ISSUER                      ENDS     RENEWAL
vzine.us  acme         R11                         in 40d   in 10d
new.us    acme         edgegen local authority 3f  in 300d  -
          = the authority does not find new.us in the DNS; tried again in 2m
old.us    file         R11                         3d ago   -
`},
		{"watched", watched, false, 0, `ready, up 0s: 
pid 0, generation 0, no WebSocket

TIER  ENGINE  VERSION  STATE  PID  RESTARTS  SINCE  LISTENING

SITE      BACKEND  STATE  PID  RESTARTS  SERVERS
vzine.us  goliath  -      -    -         app.internal:5000

SITE      BACKEND  ADDRESS        STATE     SINCE  OPEN
vzine.us  goliath  10.0.0.1:5000  well      1h     3
vzine.us  goliath  10.0.0.2:5000  unwell    1m     0
          = it answers 500
vzine.us  goliath  10.0.0.3:5000  draining  -      1
          = failed 2s ago: reset

app.internal is 10.0.0.1 10.0.0.2; asked for again in 12s; for 2m: there is no such name
`},
		{"ready", well, false, 0, `ready, up 2h: /etc/edgegen/site.hcl
pid 4200, generation 7, 1 WebSocket

TIER   ENGINE   VERSION  STATE    PID   RESTARTS  SINCE  LISTENING
tls    builtin  -        running  4200  0         -      -
cache  builtin  -        running  4200  0         -      -
       = varnishd is not installed
web    nginx    -        running  4201  0         -      -

last reload: 1m ago, took 312 ms
`},
		{"well again", again, false, 0, `ready, up 0s: 
pid 0, generation 0, no WebSocket

TIER   ENGINE   VERSION  STATE    PID   RESTARTS  SINCE  LISTENING
cache  varnish  -        running  4202  1         -      -
       = started again 12s ago: its child (17) has ended: Assert error in VRG_CheckBo()
`},
		{"narrow", api.Status{State: "starting", Tiers: []api.TierStatus{
			{Role: "tls", Engine: "stunnel", State: "failed", Listen: []string{"192.0.2.1:443", "192.0.2.2:443"}, Reason: "it says that the address is in use by something else"},
		}}, false, 78, `starting, up 0s: 
pid 0, generation 0, no WebSocket

TIER  ENGINE   VERSION  STATE   PID  RESTARTS  SINCE  LISTENING
tls   stunnel  -        failed  -    0         -      192.0.2.1:443
                                                      192.0.2.2:443
      = it says that the address is in use by something else
`},
		{"colour", api.Status{State: "stopping", Tiers: []api.TierStatus{{Role: "tls", Engine: "stunnel", State: "stopped"}}}, true, 0,
			`<1;33mstopping<0m, up 0s: 
pid 0, generation 0, no WebSocket

<1mTIER<0m  <1mENGINE<0m   <1mVERSION<0m  <1mSTATE<0m    <1mPID<0m  <1mRESTARTS<0m  <1mSINCE<0m  <1mLISTENING<0m
tls   stunnel  -        <2mstopped<0m  -    0         -      -
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.ReplaceAll(statusText(c.status, noon, c.color, c.width), "\x1b[", "<")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStatusVerb(t *testing.T) {
	dir := fakeEdge(t, map[string]http.HandlerFunc{"GET /status": answer(degraded())})
	code, out, err := runVerb(t, "status", "--state-dir", dir)
	if code != exitDone || err != "" || !strings.HasPrefix(out, "degraded, up 2h: ") || strings.ContainsRune(out, '\x1b') {
		t.Errorf("exit code %d\n%s%s", code, out, err)
	}
	code, out, err = runVerb(t, "status", "--json", "--state-dir", dir)
	got := api.Status{}
	if wrong := json.Unmarshal([]byte(out), &got); code != exitDone || err != "" || wrong != nil || !reflect.DeepEqual(got, degraded()) {
		t.Errorf("exit code %d, %v\n%s%s", code, wrong, out, err)
	}
}

func TestStatusOfAnEdgeThatIsIll(t *testing.T) {
	dir := fakeEdge(t, map[string]http.HandlerFunc{"GET /status": func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "out of order", http.StatusInternalServerError)
	}})
	if code, out, err := runVerb(t, "status", "--state-dir", dir); code != exitFailed || out != "" || err != "edgegen: out of order\n" {
		t.Errorf("exit code %d\n%s%s", code, out, err)
	}
}

// On a pipe there is a block for each change, and none for the time that passes.
func TestStatusWatch(t *testing.T) {
	for _, c := range []struct {
		name   string
		asJSON bool
		want   []string // of each block, a line
	}{
		{"text", false, []string{"degraded, up 2h: /etc/edgegen/site.hcl", "ready, up 2h: /etc/edgegen/site.hcl", "out of order"}},
		{"JSON", true, []string{`  "state": "degraded",`, `  "state": "ready",`, "edgegen: out of order"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked atomic.Int64
			dir := fakeEdge(t, map[string]http.HandlerFunc{"GET /status": func(w http.ResponseWriter, r *http.Request) {
				status, n := degraded(), asked.Add(1)
				status.Uptime += float64(n) / 1000
				switch {
				case n > 10:
					http.Error(w, "out of order", http.StatusInternalServerError)
					return
				case n > 5:
					status.State = "ready"
				}
				answer(status)(w, r)
			}})
			client, err := clientOf(dir)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			read, write := io.Pipe()
			ended := make(chan error, 1)
			go func() {
				err := streams{out: write, err: write}.watchStatus(ctx, client, time.Millisecond, c.asJSON)
				_ = write.Close()
				ended <- err
			}()
			var blocks []string
			for lines := bufio.NewScanner(read); lines.Scan(); {
				if !slices.Contains(c.want, lines.Text()) {
					continue
				}
				if blocks = append(blocks, lines.Text()); len(blocks) == len(c.want) {
					cancel()
				}
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(c.want, blocks); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStatusWatchWithoutAnEdge(t *testing.T) {
	if code, _, err := runVerb(t, "status", "--watch", "--state-dir", t.TempDir()); code != exitFailed || !strings.HasPrefix(err, "edgegen: no edge is running here: ") {
		t.Errorf("exit code %d, %s", code, err)
	}
}

func TestRedraw(t *testing.T) {
	for _, c := range []struct {
		name          string
		text          string
		drawn, height int
		want          string
		lines         int
	}{
		{"first", "a\nb\n", 0, 24, "<?7l\ra<K\nb<K\n<J", 2},
		{"over the last", "a\nb\nc\n", 2, 24, "<?7l<2A\ra<K\nb<K\nc<K\n<J", 3},
		{"a low screen", "a\nb\nc\n", 3, 3, "<?7l<2A\ra<K\nb<K\n<J", 2},
		{"hardly a screen", "a\nb\n", 0, 0, "<?7l\ra<K\n<J", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, lines := redraw(c.text, c.drawn, c.height)
			if got = strings.ReplaceAll(got, "\x1b[", "<"); got != c.want || lines != c.lines {
				t.Errorf("%q, %d lines", got, lines)
			}
		})
	}
}

func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 59*time.Second + 999*time.Millisecond: "59s", time.Minute: "1m", 59 * time.Minute: "59m",
		time.Hour: "1h", 47 * time.Hour: "47h", 48 * time.Hour: "2d", 400 * 24 * time.Hour: "400d",
	} {
		if got := short(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}
