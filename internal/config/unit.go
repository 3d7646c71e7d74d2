package config

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	kibibyte = int64(1) << 10
	mebibyte = int64(1) << 20
	tebibyte = int64(1) << 40

	day  = 24 * time.Hour
	year = 365 * day
)

// unit is a unit of size in bytes.
type unit struct {
	name  string
	bytes int64
}

// units are ordered from the largest, binary before decimal.
func units() []unit {
	return []unit{
		{"TiB", tebibyte}, {"GiB", 1 << 30}, {"MiB", mebibyte}, {"KiB", kibibyte},
		{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1},
	}
}

// parseSize reads an integer with a unit, as "256MiB". The problem is "" for
// a good one.
func parseSize(text string) (bytes int64, problem, remedy string) {
	digits := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if digits < 0 {
		digits = len(text)
	}
	name := text[digits:]
	switch {
	case strings.HasPrefix(text, "-"):
		return 0, "a size cannot be negative", ""
	case strings.ContainsAny(text, ".,") && digits > 0:
		return 0, "a size is a whole number of units", `use a smaller unit: "1536MiB" for one and a half GiB`
	case digits == 0:
		return 0, "this is no size", `write a whole number and a unit, as in "16KiB" or "256MiB"`
	case name == "":
		return 0, "a size needs a unit", fmt.Sprintf("write %q or %q, say", text+"KiB", text+"MiB")
	}
	at := slices.IndexFunc(units(), func(u unit) bool { return u.name == name })
	if at < 0 {
		return 0, fmt.Sprintf("%q is no unit of size", strings.TrimSpace(name)), sizeRemedy(text[:digits], name)
	}
	count, err := strconv.ParseInt(text[:digits], 10, 64)
	if u := units()[at]; err == nil && count <= math.MaxInt64/u.bytes {
		return count * u.bytes, "", ""
	}
	return 0, "this size is too large to count", ""
}

func sizeRemedy(digits, name string) string {
	name = strings.TrimSpace(name)
	for _, u := range units() {
		if strings.EqualFold(u.name, name) || len(name) == 1 && strings.EqualFold(u.name[:1], name) {
			return fmt.Sprintf("write %q", digits+u.name)
		}
	}
	return "the units are B, KiB, MiB, GiB (of 1024) and kB, MB, GB (of 1000)"
}

// durationForm is years, days, and then what time.ParseDuration takes, without signs.
var durationForm = regexp.MustCompile(`^(?:([0-9]+)y)?(?:([0-9]+)d)?((?:[0-9]+(?:\.[0-9]+)?(?:h|m|s|ms|us|µs|ns))*)$`)

// parseDuration reads a duration as Go writes it, with "d" for a day of 24
// hours and "y" for a year of 365 days in front: "10s", "1h30m", "7d", "1d12h", "1y". The problem is "" for a good
// one.
func parseDuration(text string) (d time.Duration, problem, remedy string) {
	const units = `the units are y, d, h, m, s and ms, as in "1h30m"`
	switch {
	case text == "":
		return 0, "this is no duration", `write a number and a unit, as in "10s"`
	case strings.HasPrefix(text, "-"):
		return 0, "a duration cannot be negative", ""
	case !strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' }):
		return 0, "a duration needs a unit", fmt.Sprintf("write %q, say", text+"s")
	}
	parts := durationForm.FindStringSubmatch(text)
	if parts == nil {
		return 0, "this is no duration", units
	}
	if parts[3] != "" {
		rest, err := time.ParseDuration(parts[3])
		if err != nil {
			return 0, "this duration is too long to count", ""
		}
		d = rest
	}
	for i, unit := range []time.Duration{365 * day, day} {
		if parts[i+1] == "" {
			continue
		}
		count, err := strconv.ParseInt(parts[i+1], 10, 32)
		if most := 100_000 * day / unit; err != nil || time.Duration(count) > most || d > math.MaxInt64-time.Duration(count)*unit {
			return 0, "this duration is too long to count", ""
		}
		d += time.Duration(count) * unit
	}
	return d, "", ""
}

// formatDuration writes a duration as it would stand in a site file.
func formatDuration(d time.Duration) string {
	if d >= day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	return d.String()
}
