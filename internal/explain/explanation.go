package explain

import (
	"fmt"
	"strconv"
	"time"

	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// Explanation is the way of one request. Lists are never nil.
type Explanation struct {
	Answer string `json:"answer"` // to "what happens, and why", in one line
	Method string `json:"method"`
	URL    string `json:"url"`
	Client string `json:"client"` // whom the app sees
	// Protocol is the version of HTTP that is spoken, as in the access log.
	Protocol string `json:"protocol"`
	// Status is what the edge answers by itself; 0 where the app says it.
	Status int `json:"status"`
	// Asked tells that somebody is asked first whether the request may come in, whose
	// answer is not known: it may be the client's.
	Asked bool `json:"asked"`
	// WebSocket tells that it is a handshake, and led to the app as one.
	WebSocket bool `json:"websocket"`
	// Cache is what X-Cache may say: PASS, or some of MISS, HIT and STALE.
	Cache     []string `json:"cache"`
	Tier      string   `json:"tier"` // who makes the answer, as in the access log: cache, web or backend; tls where no request gets further
	Site      string   `json:"site"`
	Route     string   `json:"route"`
	Backend   string   `json:"backend"` // that answers, or that is asked where the cache has no answer
	Servers   []string `json:"servers"`
	Steps     []Step   `json:"steps"`
	AppTarget string   `json:"app_target"` // what the app is asked for; "" where none is
	// AppHeaders is what the app gets; AnswerHeaders what the edge
	// sets in the answer, and RemovedHeaders what it removes from the app's.
	AppHeaders     []Field  `json:"app_headers"`
	AnswerHeaders  []Field  `json:"answer_headers"`
	RemovedHeaders []string `json:"removed_headers"`
	// Generation is the one under which a line of the access log is explained.
	Generation *Generation `json:"generation,omitempty"`
	// Raw is where there is text in a daemon's own language that may change all that.
	Raw []string `json:"raw"`
	// Live is what came of it, where the request was sent or stands in the log.
	Live *Live `json:"live,omitempty"`

	// What is only told once an answer has come.
	policy     *httpcache.Policy // of an app's answer that may be stored; nil where none may, or the answer does not show why
	authorized bool              // the request has Authorization
	counted    string            // how often may come who has sent it; "" for any number of times
	verifier   string            // the app that is asked whether it may come in; "" for none
	patience   string            // how long the app may take until it answers
}

// Generation is that of an edge under which a line of its access log is explained.
type Generation struct {
	Number int        `json:"number"`
	Since  time.Time  `json:"since,omitzero"`
	Until  *time.Time `json:"until,omitempty"` // nil for the latest
	// Present tells that the site says the same now.
	Present bool `json:"present"`
	// Gone tells that the one that served the request is not kept any more: it is
	// explained as the site is now. Those since Since are kept.
	Gone    bool `json:"gone"`
	Untimed bool `json:"untimed,omitempty"` // since the line does not say when it came
	Or      int  `json:"or,omitempty"`      // the other one, where they changed over when it came
	Hides   bool `json:"hides,omitempty"`   // what was secret is not kept, and may have decided
}

// String says it in a sentence.
func (g *Generation) String() string {
	const format = "2006-01-02 15:04:05"
	switch {
	case g.Untimed:
		return "The line does not say when the request came (log.fields): this is the way that it would take now."
	case g.Gone && g.Since.IsZero():
		return "Nothing is kept of the generation that served it: this is the way that it would take now."
	case g.Gone:
		return fmt.Sprintf("The generation that served it is not kept any more (those since %s UTC are): this is the way that it would take now.", g.Since.UTC().Format(format))
	}
	says := fmt.Sprintf("It came under generation %d, served since %s UTC", g.Number, g.Since.UTC().Format(format))
	if g.Until != nil {
		says = fmt.Sprintf("It came under generation %d, served from %s to %s UTC", g.Number, g.Since.UTC().Format(format), g.Until.UTC().Format(format))
	}
	if g.Or != 0 {
		says += fmt.Sprintf(", or under %d: they changed over just then", g.Or)
	}
	if g.Present {
		return says + "."
	}
	says += ". Lines of the site are those of then; files are those of now."
	if g.Hides {
		says += " What was secret is not kept, and may have decided otherwise."
	}
	return says
}

// Step is one decision.
type Step struct {
	Tier     string   `json:"tier"` // tls, cache or web
	Name     string   `json:"step"`
	Says     string   `json:"says"`
	Source   string   `json:"source"`   // the line of the HCL; "" for a default
	Clause   string   `json:"clause"`   // of the contract; may be ""
	Rendered []string `json:"rendered"` // where the daemon's files carry it out; empty where the tier is builtin
}

// Field is a header field, and the line of the HCL that sets it; "" for none.
type Field struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

// sourceText is a place in the HCL, "" for a default.
func sourceText(s site.Source) string {
	if s.Line == 0 {
		return ""
	}
	return s.File + ":" + strconv.Itoa(s.Line)
}

func fieldsOf(h wire.Header) []Field {
	fields := make([]Field, len(h))
	for i, f := range h {
		fields[i] = Field{Name: f.Name, Value: f.Value}
	}
	return fields
}
