package backends

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"edgegen/internal/site"
)

// BenchmarkChange is what it costs that one name has another address, from the
// answer of the name server to what is told of it, among so many sites.
func BenchmarkChange(b *testing.B) {
	for _, sites := range []int{1, 1000} {
		b.Run(fmt.Sprint(sites, " sites"), func(b *testing.B) {
			told := 0
			w := New(Options{Changed: func(ID, []Endpoint, string) { told++ }})
			defer w.Close()
			edge := &site.Edge{}
			for i := range sites {
				edge.Sites = append(edge.Sites, site.Site{Host: fmt.Sprintf("s%d.test", i), Backends: []site.Backend{{Name: "app",
					Servers: []site.Server{{Host: "127.0.0.1", Port: 80}}, Balance: site.LeastConnections}}})
			}
			edge.Sites[0].Backends[0].Servers = []site.Server{{Host: "localhost.invalid", Port: 80}}
			edge.Sites[0].Backends[0].Resolve = time.Hour
			p, err := w.Prepare(b.Context(), edge)
			if err != nil {
				b.Fatal(err)
			}
			p.Use()
			n := p.names[0]
			b.ResetTimer()
			for i := range b.N {
				w.found(n, []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, byte(1 + i%2)})}, nil, time.Hour)
			}
			if told < b.N {
				b.Fatal(told)
			}
		})
	}
}
