package bench

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"edgegen/test/edge"
	"edgegen/test/load"
)

// quiet is how long up --watch waits for more to be saved, see internal/watch.
const quiet = 100 * time.Millisecond

// sites is the HCL of a number of sites, the first of which tells a generation.
func sites(count, generation int, app string) string {
	var out strings.Builder
	out.WriteString("edge {\n  http  = [\"127.0.0.1:0\"]\n  https = [\"127.0.0.1:0\"]\n  log {\n    access = \"off\"\n  }\n}\n")
	for i := range count {
		name, told := host, generation
		if i > 0 {
			name, told = fmt.Sprintf("site%d.test", i), 0
		}
		fmt.Fprintf(&out, `
site %q {
  tls { self_signed = true }
  backend "app" { servers = [%q] }
  route "/" {
    static {
      root = "public"
    }
    backend = "app"
    response_headers {
      set = { "X-Generation" = "%d" }
    }
  }
  route "/ws" {
    backend   = "app"
    websocket = true
  }
}
`, name, app, told)
	}
	return out.String()
}

// generation asks which one is served.
func generation(b *testing.B, connection *load.Connection) string {
	b.Helper()
	answer, err := connection.Get("/app")
	if err != nil {
		b.Fatal(err)
	}
	return answer.Header.Get("X-Generation")
}

// BenchmarkSave is the time from saving the file to the new behaviour, for one
// site and for a thousand, less the quiet period that up --watch waits.
func BenchmarkSave(b *testing.B) {
	for _, count := range []int{1, 1000} {
		for _, c := range pure() {
			b.Run(fmt.Sprintf("%s/sites=%d", c.Name, count), func(b *testing.B) {
				measure(b, c, count, []string{"--watch"}, func(*edge.Edge) time.Duration { return -quiet })
			})
		}
	}
}

// BenchmarkReload is the time that `edgegen reload` takes for a change of one
// route, for one site and for a thousand.
func BenchmarkReload(b *testing.B) {
	for _, count := range []int{1, 1000} {
		for _, c := range pure() {
			b.Run(fmt.Sprintf("%s/sites=%d", c.Name, count), func(b *testing.B) {
				measure(b, c, count, nil, func(e *edge.Edge) time.Duration {
					if result := e.Reload(); result.Code != 0 {
						b.Fatal(result.Err)
					}
					return 0
				})
			})
		}
	}
}

// measure changes one route time and again; what take returns is added to the
// time until the change is served.
func measure(b *testing.B, c edge.Combination, count int, arguments []string, take func(*edge.Edge) time.Duration) {
	h := edge.NewHome(b, c)
	app := load.StartApp(b, "app")
	h.Write("site.hcl", sites(count, 0, app.Address))
	begun := time.Now()
	e := h.Run(arguments...)
	start := time.Since(begun)
	connection, err := load.Dial(e.HTTPS(), host)
	if err != nil {
		b.Fatal(err)
	}
	defer connection.Close()
	var took []time.Duration
	for number := 1; b.Loop(); number++ {
		text, want := sites(count, number, app.Address), fmt.Sprint(number)
		saved := time.Now()
		h.Write("site.hcl", text)
		less := take(e)
		for generation(b, connection) != want {
			time.Sleep(time.Millisecond)
		}
		took = append(took, time.Since(saved)+less)
	}
	b.ReportMetric(milliseconds(start), "ms/start")
	report(b, took)
	e.Stop()
}

// report prints the middle and the worst of some durations.
func report(b *testing.B, took []time.Duration) {
	b.Helper()
	sorted := slices.Sorted(slices.Values(took))
	b.ReportMetric(milliseconds(sorted[len(sorted)/2]), "ms/median")
	b.ReportMetric(milliseconds(sorted[len(sorted)-1]), "ms/worst")
	b.ReportMetric(0, "ns/op") // left out: it holds the making of the text too
}
