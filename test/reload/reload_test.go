package reload

import (
	"path/filepath"
	"testing"
	"time"

	"edgegen/test/load"
)

// TestReload holds R2 under load: reload after reload changes routes, headers,
// lifetimes, apps and certificates, and no request fails, no answer is wrong,
// and no WebSocket closes. It holds R5 too: once a reload has said that it is
// done, nobody gets an older answer.
func TestReload(t *testing.T) {
	t.Parallel()
	for _, c := range combinations() {
		t.Run(c.Name, func(t *testing.T) {
			heavy(t)
			w := newWorld(t, c)
			e := w.Run()
			processes := len(e.Family())
			open := w.sockets(e, *sockets)
			crowd := w.crowd(e, false)
			var slowest, sum time.Duration
			done, count := 0, *reloads
			if !pure(c) && !*every {
				count = (count + 1) / 2
			}
			for ; done < count; done++ {
				w.next()
				took := w.reload(e)
				slowest, sum = max(slowest, took), sum+took
				w.serves(e, w.number)
				if open.Open() < *sockets {
					break // what follows tells why
				}
				requests, messages := crowd[0].Requests(), open.Messages()
				await(t, "everybody was busy", func() bool {
					return open.Open() < *sockets || crowd[0].Requests() >= requests+crowded && open.Messages() >= messages+*sockets/4
				})
			}
			t.Logf("%d reloads took %v on average, the slowest %v", done, (sum / time.Duration(max(done, 1))).Round(time.Millisecond), slowest.Round(time.Millisecond))
			w.stop(crowd)
			if kept, _ := filepath.Glob(filepath.Join(w.State, "run", "varnish", "vcl_*")); kept != nil {
				t.Logf("varnishd has %d VCLs", len(kept))
			}
			still := open.Open()
			r := open.Stop()
			logSockets(t, r)
			few(t, "WebSockets closed", r.Cuts)
			few(t, "messages came back as others", r.Wrong)
			if still != *sockets {
				t.Errorf("%d of %d WebSockets are open", still, *sockets)
			}
			if now := e.Status(); now.State != "ready" || now.LastReload == nil || !now.LastReload.OK {
				t.Errorf("the status is %+v", now)
			}
			await(t, "there are as many processes as at the start", func() bool { return len(e.Family()) == processes })
			e.Stop()
		})
	}
}

func logSockets(t *testing.T, r load.SocketReport) {
	t.Helper()
	t.Logf("%d WebSockets: %d messages, the longest took %v", r.Opened, r.Messages, r.Longest.Round(time.Millisecond))
}
