package render

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// longestComment is where a text in a comment is cut off. nginx refuses comments of more
// than 4 KiB.
const longestComment = 300

// plain makes a text, such as a file's name, safe for a comment: it replaces control
// characters, so that it stays in one line, and cuts off a long text.
func plain(s string) string {
	if len(s) > longestComment {
		s = strings.ToValidUTF8(s[:longestComment], "") + "..."
	}
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}

// wholeSeconds writes a duration for a daemon that counts in seconds. It rounds up, as zero
// would mean "for ever" or "at once".
func wholeSeconds(d time.Duration) int64 {
	return max(1, int64((d+time.Second-1)/time.Second))
}

// decimalSeconds writes a duration as varnishd's parameters take it.
func decimalSeconds(d time.Duration) string {
	return strconv.FormatFloat(max(d.Seconds(), 0.001), 'f', -1, 64)
}

// nginxTime writes a duration as nginx takes it, to the millisecond.
func nginxTime(d time.Duration) string {
	if d%time.Second == 0 && d > 0 {
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	}
	return strconv.FormatInt(max(1, d.Milliseconds()), 10) + "ms"
}

// vclDuration writes a duration for std.duration(), which knows no exponents.
func vclDuration(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
}

// literal returns a regular expression that matches a text. Control bytes, which file names
// may have and nginx.conf may not, are written as escapes.
func literal(text string) string {
	var out strings.Builder
	for _, c := range []byte(regexp.QuoteMeta(text)) {
		if c < 0x20 || c == 0x7f {
			fmt.Fprintf(&out, `\x%02x`, c)
			continue
		}
		out.WriteByte(c)
	}
	return out.String()
}
