package bench

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"edgegen/test/edge"
	"edgegen/test/load"
)

// BenchmarkServer is the time from saving another server of one backend to the first
// answer of that server, by `edgegen reload`: for a backend that daemons ask, and for
// one that edgegen looks after.
func BenchmarkServer(b *testing.B) {
	for _, count := range []int{1, 1000} {
		for _, c := range pure() {
			for _, kind := range []struct{ name, backend string }{
				{"plain", "backend \"app\" { servers = [%q] }"},
				{"watched", "backend \"app\" {\n    servers = [%q]\n    balance = \"least_connections\"\n  }"},
			} {
				b.Run(fmt.Sprintf("%s/sites=%d/%s", c.Name, count, kind.name), func(b *testing.B) { changeServer(b, c, count, kind.backend) })
			}
		}
	}
}

func changeServer(b *testing.B, c edge.Combination, count int, backend string) {
	h := edge.NewHome(b, c)
	apps := []*load.App{load.StartApp(b, "even"), load.StartApp(b, "odd")}
	whole := sites(count, 0, apps[0].Address)
	with := func(app *load.App) string {
		return strings.Replace(whole, fmt.Sprintf("backend \"app\" { servers = [%q] }", apps[0].Address), fmt.Sprintf(backend, app.Address), 1)
	}
	h.Write("site.hcl", with(apps[0]))
	e := h.Run()
	connection, err := load.Dial(e.HTTPS(), host)
	if err != nil {
		b.Fatal(err)
	}
	defer connection.Close()
	var took []time.Duration
	for number := 1; b.Loop(); number++ {
		next := apps[number%2]
		saved := time.Now()
		h.Write("site.hcl", with(next))
		if result := e.Reload(); result.Code != 0 {
			b.Fatal(result.Err)
		}
		for {
			answer, err := connection.Get("/app")
			if err != nil {
				b.Fatal(err)
			}
			if strings.Contains(answer.Body, next.Name) {
				break
			}
			time.Sleep(time.Millisecond)
		}
		took = append(took, time.Since(saved))
	}
	report(b, took)
	e.Stop()
}
