package decide

import (
	"net/netip"
	"testing"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// BenchmarkWay is all that is decided about a request that is looked up, its head read
// included. What it allocates are the texts of X-Request-Id and of the client's address.
func BenchmarkWay(b *testing.B) {
	edge := &site.Edge{Limits: site.Limits{BodySize: 1 << 20}, Sites: []site.Site{{Host: "a.test",
		Routes: []site.Route{{Path: "/ws", WebSocket: true, Backend: "app"}, {Path: "/", Backend: "app"}}, Backends: []site.Backend{{Name: "app"}}}}}
	m, err := NewModel(edge)
	if err != nil {
		b.Fatal(err)
	}
	var q Question
	const head = "GET /a/b?c=d HTTP/1.1\r\nHost: a.test\r\nAccept: */*\r\nAccept-Encoding: gzip, br\r\nUser-Agent: bench\r\n\r\n"
	b.ReportAllocs()
	for b.Loop() {
		q = Question{Request: wire.Request{Header: q.Header[:0]}, Protocol: "HTTP/1.1", Peer: netip.AddrFrom4([4]byte{192, 0, 2, 1}), HTTPS: true}
		if err := wire.ParseRequest(head, &q.Request); err != nil {
			b.Fatal(err)
		}
		if w := m.Receive(&q); w.Turn != GoesOn {
			b.Fatal(w)
		}
		w := m.Decide(&q, noPages{})
		if w.Turn != GoesOn || m.Past(&q, w.Host.Site) != LookedUp {
			b.Fatal(w)
		}
		q.Looked()
	}
}

type noPages struct{}

func (noPages) HasPage(string) bool { return false }
