package site

import (
	"time"
)

// Log says where messages and the access log go.
type Log struct {
	Access string // "stdout", "off", or an absolute path
	Format string // "json" or "combined"
	// Fields are those of a line in JSON, in their order; nil for LogFields.
	Fields []string
	// Omit is the share of requests that have no line, from 0 to 1. Those that have
	// failed (5xx), and slow ones, have one in any case.
	Omit    float64
	Exclude []string      // paths that have none, with what is below them
	Slow    time.Duration // what takes longer has a line in any case; 0 for nothing
	// MaxSize is how many bytes a file may have before the next one begins, and Keep
	// how many files are kept besides; 0 lets it grow.
	MaxSize int64
	Keep    int
	Level   string // "debug", "info", "warn" or "error"
	Source  Source
}

// LogFields are the fields of a line in JSON where the site names none.
func LogFields() []string {
	return []string{"time", "id", "client", "method", "host", "path", "protocol", "status", "bytes", "received", "duration_us",
		"cache", "tier", "backend", "upstream_us", "referer", "user_agent"}
}

// LogFieldsMore are the fields that a line has where the site names them.
func LogFieldsMore() []string { return []string{"site", "route", "trace_id"} }
