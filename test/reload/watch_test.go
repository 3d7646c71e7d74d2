package reload

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/test/edge"
	"edgegen/test/load"
)

// shows waits until the edge serves a generation, or a certificate.
func (w *world) shows(e *edge.Edge, generation int, serial int64) {
	w.t.Helper()
	address := e.HTTPS()
	var last string
	for deadline := time.Now().Add(edge.Patience); ; time.Sleep(80 * time.Millisecond) {
		answer, shown, err := load.Get(address, host, "/app")
		if err == nil && shown == serial && answer.Status == 200 &&
			answer.Body == load.Line(appOf(generation), fmt.Sprint(generation), "/app") && answer.Header.Get("X-Generation") == fmt.Sprint(generation) {
			return
		}
		last = fmt.Sprintf("certificate %d, %d %q, %v", shown, answer.Status, answer.Body, err)
		if time.Now().After(deadline) {
			w.t.Fatalf("generation %d with certificate %d is never served: %s", generation, serial, last)
		}
	}
}

// TestWatch holds that up --watch takes what is saved, in every way in which
// files are saved, and never restarts a process for it.
func TestWatch(t *testing.T) {
	t.Parallel()
	for _, c := range []edge.Combination{edge.Native, edge.BuiltIn} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c)
			// The certificate stays but where it is renewed.
			first, second := w.certificates[0], w.certificates[1]
			w.Write("archive/crt1.pem", first.Chain)
			w.Write("archive/key1.pem", first.Key)
			w.Link("certs/server.crt", "../archive/crt1.pem")
			w.Link("certs/server.key", "../archive/key1.pem")
			e := w.Run("--watch")
			before := pids(e.Status())
			w.shows(e, 0, first.Serial)

			w.Write("site.hcl", w.site(1)) // as a careful editor does
			w.shows(e, 1, first.Serial)
			w.Overwrite("site.hcl", w.site(2)) // as a careless one does
			w.shows(e, 2, first.Serial)

			// R4, as certbot renews: new files, then one link after the other.
			w.Write("archive/crt2.pem", second.Chain)
			w.Write("archive/key2.pem", second.Key)
			w.Link("certs/server.crt", "../archive/crt2.pem")
			w.Link("certs/server.key", "../archive/key2.pem")
			w.shows(e, 2, second.Serial)

			// A typo is told once, and nothing else happens.
			const typo, complaint = "websocket = true", "websockett"
			w.Write("site.hcl", strings.Replace(w.site(3), typo, complaint+" = true", 1))
			e.Says(complaint)
			w.Write("site.hcl", strings.Replace(w.site(3), typo, complaint+" = true", 1))
			w.shows(e, 2, second.Serial)
			w.Write("site.hcl", w.site(4))
			w.shows(e, 4, second.Serial)
			if count := strings.Count(e.Err.Text(), "\nerror: a route block has no argument \""+complaint); count != 1 {
				t.Errorf("the typo was told %d times", count)
			}
			if now := pids(e.Status()); fmt.Sprint(now) != fmt.Sprint(before) {
				t.Errorf("the processes are %v, and were %v: %+v", now, before, e.Status().Tiers)
			}
			e.Until("the last reload went well", edge.Patience, func(s api.Status) bool {
				return s.LastReload != nil && s.LastReload.OK && s.State == "ready"
			})
			e.Stop()
		})
	}
}

// TestWatchVolume holds that a configuration that is swapped by one symbolic
// link, as Kubernetes mounts them, is taken, and so is a file that vanishes and
// returns.
func TestWatchVolume(t *testing.T) {
	t.Parallel()
	w := newWorld(t, edge.BuiltIn)
	version := func(n int) {
		dir := fmt.Sprintf("volume/..%d", n)
		w.Write(dir+"/site.hcl", strings.ReplaceAll(strings.ReplaceAll(w.site(n), `"certs/`, `"`+w.Path("certs")+`/`), `"public"`, `"`+w.Path("public")+`"`))
		w.Link("volume/..data", fmt.Sprintf("..%d", n))
	}
	version(0)
	w.Link("volume/site.hcl", "..data/site.hcl")
	w.File = w.Path("volume/site.hcl")
	e := w.Run("--watch")
	serial := w.certificates[0].Serial
	w.shows(e, 0, serial)
	for n := 1; n <= 3; n++ {
		version(n)
		w.shows(e, n, serial)
	}
	w.remove("volume/site.hcl")
	e.Says("site.hcl")
	w.shows(e, 3, serial)
	version(4)
	w.Link("volume/site.hcl", "..data/site.hcl")
	w.shows(e, 4, serial)
	e.Stop()
}

// TestWatchDirectory holds that a new file in a directory of them is taken.
func TestWatchDirectory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, edge.BuiltIn)
	absolute := strings.NewReplacer(`"certs/`, `"`+w.Path("certs")+`/`, `"public"`, `"`+w.Path("public")+`"`)
	w.Write("sites/main.hcl", absolute.Replace(w.site(0)))
	w.File = w.Path("sites")
	e := w.Run("--watch")
	w.shows(e, 0, w.certificates[0].Serial)
	w.Write("sites/other.hcl", `site "other.test" {
  tls { self_signed = true }
  route "/" {
    redirect {
      to = "https://elsewhere.test/"
    }
  }
}
`)
	address := e.HTTPS()
	await(t, "the new site is served", func() bool {
		answer, _, err := load.Get(address, "other.test", "/")
		return err == nil && strings.HasPrefix(answer.Header.Get("Location"), "https://elsewhere.test/")
	})
	w.shows(e, 0, w.certificates[0].Serial)
	w.remove("sites/other.hcl")
	await(t, "the site is gone", func() bool {
		answer, _, err := load.Get(address, "other.test", "/")
		return err == nil && answer.Status == 421
	})
	e.Stop()
}
