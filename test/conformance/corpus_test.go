package conformance

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"edgegen/internal/site"
)

// contractCase is one thing that a clause promises. Either run asks, or
// request is sent over a connection of its own and answered as want says.
type contractCase struct {
	clause, name string
	edge         string      // the configuration; "" is "main"
	request      string      // raw; {case} is the case's mark, {https} the TLS port
	plain        bool        // send it to the plain listener, which redirects
	tls          bool        // it is about TLS itself, or about http requests that are served
	behind       bool        // send it to the plain listener of an edge that leaves the tls tier out
	uncached     bool        // ask it of an edge that leaves the cache tier out, and of no other
	caches       bool        // it is about what is stored
	certified    bool        // ask it of an edge that can ask clients for a certificate
	raw          site.Engine // the daemon whose text it is about; "" for none
	shows        string      // whose certificate the client shows, where it is asked; "" for nobody's
	last         bool        // ask it when nothing else is asked of any edge of the combination
	from         string      // the client's address; "" is 127.0.0.1
	answer       func(*exchange)
	want         want
	run          func(*attempt)
	// differs names the declared difference of a daemon by which the case
	// fails; then it has to fail, with words that observed matches.
	differs, observed string
}

// differing is the case where a daemon has a declared difference.
func (c contractCase) differing(name, observed string) contractCase {
	c.differs, c.observed = name, observed
	return c
}

// unread is the difference of requests that nginx refuses before it knows them.
const unread = "nginx-unread-stream"

// want is what a case expects. What is not said is not looked at.
type want struct {
	status  int
	headers map[string]string // a value, "" for absent, "~" and a regular expression
	body    string            // likewise, but "" is not looked at
	reaches int               // requests that reach a backend; never for none
	sees    map[string]string // headers of the last request at the backend
	closes  bool              // the connection is closed after the answer
	bare    bool              // the answer comes through a pipe, or from below HTTP: it says what it says
}

// never is for want.reaches.
const never = -1

// corpus are all cases. Those that take long come first, so that nobody waits
// for them alone.
func corpus() []contractCase {
	return slices.Concat(ruleCases(), carelessCases(), streamCases(), socketCases(), tunnelCases(), limitCases(), unreadCases(), hostCases(), aboutTLS(otherHostCases()), behindCases(), uncachedCases(), aboutTLS(tlsCases()), targetCases(), forwardingCases(), forwardedCases(), logCases(), countCases(), handshakeCases(), rangeCases(),
		fileCases(), keptFileCases(), slashCases(), directoryCases(), privateCases(), rightsCases(), compressedCases(), codingCases(), errorPageCases(), handedCases(), successCases(),
		maintenanceCases(), cacheCases(), purgeCases(), statusCases(), freshnessCases(), faultCases(), methodCases(), routeCases(), leadCases(), appCases(), accessCases(), certifiedCases(), aboutTLS(hstsCases()), healthCases(), answerCases(), nameCases(), uploadCases(), framingCases(), aboutTLS(slowHandshakeCases()), pageCases(),
		traceCases(), rawCases())
}

// stores reports whether a case is about what is stored.
func (c contractCase) stores() bool {
	verdict := c.want.headers["X-Cache"]
	return c.caches || strings.HasPrefix(c.clause, "K") || verdict != "" && verdict != "PASS"
}

// aboutTLS marks cases as such.
func aboutTLS(cases []contractCase) []contractCase {
	for i := range cases {
		cases[i].tls = true
	}
	return cases
}

// attempt is one case being tried against one edge.
type attempt struct {
	mark     string // appears in no other case
	edge     *subject
	problems []string
	undo     []func()
	over     version
	unasked  bool             // that cannot be done
	shown    *tls.Certificate // the client's
	named    string           // in the handshake, in place of the request's host; "" for that
}

type given struct{} // up, by fatalf

func (a *attempt) errorf(format string, values ...any) {
	a.problems = append(a.problems, fmt.Sprintf(format, values...))
}

func (a *attempt) fatalf(format string, values ...any) {
	a.errorf(format, values...)
	panic(given{})
}

func (a *attempt) cleanup(f func()) { a.undo = append(a.undo, f) }

// fill puts the case's mark and the edge's ports into a text.
func (a *attempt) fill(text string) string {
	port := a.edge.https[strings.LastIndexByte(a.edge.https, ':')+1:]
	if a.edge.Combination.TLS == site.Off {
		text = strings.ReplaceAll(text, ":{https}", "") // whoever is in front has the usual port
	}
	return strings.NewReplacer("{case}", a.mark, "{https}", port).Replace(text)
}

// seen are the requests that reached a backend.
func (a *attempt) seen() []request { return a.edge.record.seen(a.mark) }

// last is the last request that reached a backend.
func (a *attempt) last() request {
	seen := a.seen()
	if len(seen) == 0 {
		a.fatalf("nothing reached the backend")
	}
	return seen[len(seen)-1]
}

// try runs a case and returns what is wrong.
func (a *attempt) try(c contractCase) (problems []string) {
	defer func() {
		for _, f := range slices.Backward(a.undo) {
			f()
		}
		if thrown := recover(); thrown != nil {
			if _, ok := thrown.(given); !ok {
				panic(thrown)
			}
		}
		problems = a.problems
	}()
	a.show(c.shows)
	if c.answer != nil {
		a.edge.record.answer(a.mark, c.answer)
	}
	if c.run != nil {
		c.run(a)
		return
	}
	from := cmp.Or(c.from, "127.0.0.1")
	if a.over != http1 && !c.plain {
		got := a.askFrom(from, c.request)
		a.check(got, c.want)
		a.predicted(c, from, got)
		return
	}
	var conn *client
	if c.plain || c.behind {
		conn = a.openPlain(from)
	} else {
		conn = a.openFrom(from, hostOf(c.request))
	}
	conn.send(c.request)
	method, _, _ := strings.Cut(c.request, " ")
	got := conn.read(method)
	a.check(got, c.want)
	a.predicted(c, from, got)
	if c.want.closes {
		if more, closed := conn.closed(patience); !closed || more != "" {
			a.errorf("the connection is open, and says %q", more)
		}
	}
	return
}

// check compares an answer, and what holds for every answer.
func (a *attempt) check(got *response, want want) {
	if want.status != 0 && got.status != want.status {
		a.errorf("status %d, want %d; body %.60q", got.status, want.status, got.body)
	}
	for name, value := range want.headers {
		a.compare(name, strings.Join(got.header.Values(name), ", "), value)
	}
	if want.body != "" {
		a.compare("body", got.body, want.body)
	}
	if !want.bare {
		a.checkOwn(got)
	}
	if got.broken != nil {
		a.errorf("the body breaks off: %v", got.broken)
	}
	seen := a.seen()
	if want.reaches != 0 && len(seen) != max(0, want.reaches) {
		a.errorf("%d requests reached a backend, want %d", len(seen), max(0, want.reaches))
	}
	if want.sees != nil {
		header := a.last().header
		for name, value := range want.sees {
			a.compare("at the backend "+name, strings.Join(header.Values(name), ", "), value)
		}
	}
}

// checkOwn holds what every answer that is the edge's to shape says and does
// not say.
func (a *attempt) checkOwn(got *response) {
	for _, name := range []string{"Server", "Via", "X-Varnish"} { // E7
		if value := got.header.Get(name); value != "" {
			a.errorf("%s: %s leaks", name, value)
		}
	}
	for name := range got.header {
		if strings.HasPrefix(name, "X-Edge-") {
			a.errorf("%s leaks", name)
		}
	}
	if !slices.Contains([]string{"HIT", "MISS", "STALE", "PASS"}, got.header.Get("X-Cache")) { // K5
		a.errorf("X-Cache is %q", got.header.Get("X-Cache"))
	}
}

// compare holds a value against an expectation.
func (a *attempt) compare(what, got, want string) {
	want = a.fill(want)
	if pattern, ok := strings.CutPrefix(want, "~"); ok {
		if !regexp.MustCompile(pattern).MatchString(got) {
			a.errorf("%s is %.200q, want it to match %q", what, got, pattern)
		}
	} else if got != want {
		a.errorf("%s is %.200q, want %.200q", what, got, want)
	}
}
