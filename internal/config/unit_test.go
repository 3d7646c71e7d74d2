package config

import (
	"math"
	"testing"
	"time"
)

func TestParseSize(t *testing.T) {
	good := map[string]int64{
		"0B": 0, "512B": 512, "16KiB": 16 << 10, "256MiB": 256 << 20, "2GiB": 2 << 30, "1TiB": 1 << 40,
		"1kB": 1000, "1KB": 1000, "5MB": 5e6, "1GB": 1e9, "1TB": 1e12, "007B": 7, "9223372036854775807B": math.MaxInt64,
	}
	for text, want := range good {
		if got, problem, _ := parseSize(text); got != want || problem != "" {
			t.Errorf("%s: %d %s", text, got, problem)
		}
	}
	for _, text := range []string{"", "B", "12", "-1B", "+1B", "1.5MiB", "1,5MiB", "1 MiB", "1M", "1mib", "1MiBs", " 1B", "1B ", "１B",
		"9223372036854775808B", "99999999999TiB", "0x10B", "1e3B"} {
		if got, problem, _ := parseSize(text); problem == "" {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func TestParseDuration(t *testing.T) {
	good := map[string]time.Duration{
		"0s": 0, "10s": 10 * time.Second, "1h30m": 90 * time.Minute, "24h": day, "7d": 7 * day, "1d12h": 36 * time.Hour,
		"500ms": 500 * time.Millisecond, "1.5s": 1500 * time.Millisecond, "100000d": 100_000 * day, "1y": 365 * day, "1y2d3h": 367*day + 3*time.Hour,
	}
	for text, want := range good {
		if got, problem, _ := parseDuration(text); got != want || problem != "" {
			t.Errorf("%s: %v %s", text, got, problem)
		}
	}
	for _, text := range []string{"", "0", "10", "-1s", "+1s", "1w", "1 s", "s", "d", "12h1d", "1.5d", "1d1d", "10sec", "1e3s", ".5s", "1.s",
		"9999999999h", "106752d", "100001d", "99999999999999999999d", "100000d999999h"} {
		if got, problem, _ := parseDuration(text); problem == "" {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestFormatUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{time.Millisecond: "1ms", 365 * day: "365d", time.Second: "1s"} {
		if got := formatDuration(d); got != want {
			t.Errorf("%v: %s", d, got)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"tls", "cache", "backend", "route", "websocket"}
	for name, want := range map[string]string{
		"tsl": "tls", "Cache": "cache", "bakend": "backend", "routes": "route", "web_socket": "websocket", "tl": "tls",
		"log": "", "x": "", "": "", "colour": "", "key": "",
	} {
		if got, _ := nearest(name, known); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
}
