package prove

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"edgegen/internal/importer"
)

// Compared is a request, and where two edges differ about it.
type Compared struct {
	Request string   `json:"request"`
	Old     string   `json:"old"` // in short
	New     string   `json:"new"`
	Differs []string `json:"differs"` // a line each; none where they do not
}

// Edge is where an edge listens.
type Edge struct{ HTTPS, HTTP string }

// at is where a request is asked; "" for nowhere.
func (e Edge) at(q importer.Asked) string {
	if q.HTTPS {
		return e.HTTPS
	}
	return e.HTTP
}

// Compare asks two edges, for each request once. What one of them does not listen for
// is not asked.
func Compare(ctx context.Context, before, now Edge, all []importer.Asked) (results []Compared) {
	seen := map[importer.Asked]bool{}
	for _, q := range all {
		if before.HTTPS == "" && now.HTTPS == "" { // nobody ends TLS
			q.HTTPS = false
		}
		if seen[q] || before.at(q) == "" || now.at(q) == "" || ctx.Err() != nil {
			continue
		}
		seen[q] = true
		c := compare(ask(ctx, before.at(q), q), ask(ctx, now.at(q), q))
		scheme := map[bool]string{true: "https", false: "http"}[q.HTTPS]
		if q.WebSocket {
			scheme = strings.Replace(scheme, "http", "ws", 1)
		}
		c.Request = "GET " + scheme + "://" + q.Host + q.Path
		results = append(results, c)
	}
	return results
}

func compare(before, now answer) Compared {
	c := Compared{Old: before.short(), New: now.short(), Differs: []string{}}
	differ := func(what, x, y string) {
		if x != y {
			c.Differs = append(c.Differs, fmt.Sprintf("%s: %s → %s", what, orNone(x), orNone(y)))
		}
	}
	if before.failed != nil || now.failed != nil {
		differ("answer", c.Old, c.New)
		return c
	}
	before.absolute()
	now.absolute()
	differ("status", fmt.Sprint(before.status), fmt.Sprint(now.status))
	for _, name := range compared() {
		if name == "Content-Type" && before.status >= 300 {
			continue // it is of the words about it
		}
		x, y := before.header[name], now.header[name]
		if name == "Content-Type" { // with the charset or without
			x, _, _ = strings.Cut(x, ";")
			y, _, _ = strings.Cut(y, ";")
		}
		differ(name, x, y)
	}
	if before.status != now.status || before.status >= 300 {
		return c // words about an error, or a redirect
	}
	old, next := lines(before.body), lines(now.body)
	for name, x := range old {
		differ("the app's "+name, x, next[name])
	}
	for name, y := range next {
		if _, there := old[name]; !there {
			differ("the app's "+name, "", y)
		}
	}
	if len(old) == 0 && before.body != now.body {
		c.Differs = append(c.Differs, fmt.Sprintf("body: %d bytes → %d bytes, or others", len(before.body), len(now.body)))
	}
	slices.Sort(c.Differs)
	return c
}

// lines are what Record has told of a request; none of another body.
func lines(body string) map[string]string {
	if !strings.HasPrefix(body, "the app at ") {
		return nil
	}
	all := map[string]string{}
	for i, line := range strings.Split(strings.TrimSpace(body), "\n") {
		name, value, found := strings.Cut(line, ": ")
		switch {
		case i == 0:
			all["place"] = strings.TrimPrefix(line, "the app at ")
		case i == 1:
			all["request"] = line
		case found:
			all[name] = value
		}
	}
	return all
}

func (a answer) short() string {
	if a.failed != nil {
		return "no answer: " + a.failed.Error()
	}
	text := fmt.Sprint(a.status)
	if to := a.header["Location"]; to != "" {
		text += " to " + to
	}
	if first, _, found := strings.Cut(a.body, "\n"); found && strings.HasPrefix(first, "the app at ") {
		text += " by " + first
	}
	return text
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
