package render

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"

	"edgegen/internal/site"
)

// execute runs one template. The functions that a template may call are few
// and pure; of sprig's, only those named here.
func execute(files fs.FS, name string, view any, places placing) ([]byte, error) {
	place := &placeholder{silent: places == unplaced}
	functions := template.FuncMap{
		"source":      place.comment,
		"at":          place.remember,
		"plain":       plain,
		"seconds":     wholeSeconds,
		"decimal":     decimalSeconds,
		"nginxtime":   nginxTime,
		"vcl":         quoteVCL,
		"vcltext":     quoteVCLExpression,
		"vclname":     quoteVCLName,
		"nginx":       quoteNginx,
		"nginxregexp": quoteNginxRegexp,
		"nginxword":   quoteNginxWord,
		"nginxtry":    quoteNginxTry,
		"stunnel":     quoteStunnel,
		"args":        quoteArgument,
	}
	all := sprig.TxtFuncMap()
	for _, allowed := range []string{"join", "add"} {
		functions[allowed] = all[allowed]
	}
	parsed, err := template.New(path.Base(name)).Option("missingkey=error").Funcs(functions).ParseFS(files, name)
	if err != nil {
		return nil, fmt.Errorf("parse template %s: %w", name, err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, view); err != nil {
		var bad *ValueError
		if errors.As(err, &bad) {
			bad.Source = place.last
			return nil, bad
		}
		return nil, fmt.Errorf("run template %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// placing says whether the comments name the lines of the HCL.
type placing bool

const (
	placed   placing = true
	unplaced placing = false
)

// placeholder remembers the last HCL line that a template wrote down, which is
// the line whose values it is placing.
type placeholder struct {
	last   site.Source
	silent bool // the comments name no line
}

// remember is for a line whose comment stands behind the value.
func (p *placeholder) remember(source site.Source) string {
	p.last = source
	return ""
}

func (p *placeholder) comment(source site.Source) string {
	p.last = source
	if source.Line == 0 || p.silent {
		return "default"
	}
	return plain(fmt.Sprintf("%s:%d", source.File, source.Line))
}

// longestComment is where a text in a comment is cut off. nginx refuses a
// comment of more than 4 KiB, and nobody reads one.
const longestComment = 300

// plain makes a text fit for a comment: one line, and no long one, whatever a
// file is called.
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

// wholeSeconds writes a duration for a daemon that counts in seconds, never as
// zero, which would mean "for ever" or "at once".
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
