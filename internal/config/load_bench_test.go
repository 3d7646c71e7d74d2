package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// manySites is a file of n sites, three routes each.
func manySites(n int) string {
	var text strings.Builder
	text.WriteString("edge {\n  http  = [\"127.0.0.1:0\"]\n  https = [\"127.0.0.1:0\"]\n}\n\n")
	for i := range n {
		fmt.Fprintf(&text, `site "s%d.test" {
  aliases = ["www.s%d.test"]
  tls {
    certificate = "certs/server.crt"
    key         = "certs/server.key"
  }

  backend "app" {
    servers = ["127.0.0.1:%d"]
  }

  backend "ws" {
    servers = ["127.0.0.1:%d", "127.0.0.1:%d"]
  }

  route "/" {
    backend = "app"
  }

  route "/ws" {
    backend   = "ws"
    websocket = true
  }

  route "/old" {
    redirect {
      to     = "/new"
      status = 301
    }
  }
}

`, i, i, 6000+i%1000, 7000+i%1000, 8000+i%1000)
	}
	return text.String()
}

// BenchmarkLoad loads a thousand sites: afresh, and with a Reader after each
// kind of change. The time of the processor is told beside that of the clock,
// because a busy machine does not change it much.
func BenchmarkLoad(b *testing.B) {
	text := manySites(1000)
	changed := strings.Replace(text, "/new", "/newer", 1)
	for _, c := range []struct {
		name  string
		texts []string // that the file holds in turn
		fresh bool
	}{
		{"fresh", []string{text}, true},
		{"unchanged", []string{text}, false},
		{"one route changed", []string{text, changed}, false},
		{"lines inserted at the top", []string{text, "# a\n# b\n" + text}, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			dir := b.TempDir()
			writeCertificates(b, dir)
			path := filepath.Join(dir, "site.hcl")
			reader := newReader(path, testNow)
			before := time.Duration(0)
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				if err := os.WriteFile(path, []byte(c.texts[i%len(c.texts)]), 0o600); err != nil {
					b.Fatal(err)
				}
				if c.fresh {
					reader = newReader(path, testNow)
				} else if i == 0 {
					reader.Load()
				}
				begun := processorTime(b)
				b.StartTimer()
				if loaded, diagnostics := reader.Load(); loaded.Edge == nil {
					b.Fatal(diagnostics)
				}
				before += processorTime(b) - begun
			}
			b.ReportMetric(before.Seconds()*1000/float64(b.N), "cpu-ms/op")
		})
	}
}

func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkLoadGrows loads a thousand and ten thousand sites from one file,
// afresh and with a Reader: what a site takes must not grow with their number.
func BenchmarkLoadGrows(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		dir := b.TempDir()
		writeCertificates(b, dir)
		path := filepath.Join(dir, "site.hcl")
		if err := os.WriteFile(path, []byte(manySites(n)), 0o600); err != nil {
			b.Fatal(err)
		}
		measure := func(name string, reader func() *Reader) {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				begun := processorTime(b)
				for b.Loop() {
					if loaded, diagnostics := reader().Load(); loaded.Edge == nil {
						b.Fatal(diagnostics)
					}
				}
				b.ReportMetric((processorTime(b)-begun).Seconds()*1e6/float64(b.N*n), "cpu-µs/site")
			})
		}
		known := newReader(path, testNow)
		known.Load()
		measure("fresh", func() *Reader { return newReader(path, testNow) })
		measure("again", func() *Reader { return known })
	}
}
