package explain

import (
	"fmt"
	"strings"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/engines"
	"edgegen/internal/site"
)

// negotiate tells in which coding the answer comes.
func (j *journey) negotiate(taken *site.Route) {
	c := taken.Compress
	if c == nil {
		return
	}
	ranged := j.q.Header.Has("Range")
	j.q.Negotiate(taken)
	says := "comes as it is: the client takes none of " + strings.Join(c.Algorithms, ", ")
	switch {
	case ranged:
		says = "comes as it is: a part is asked for"
	case j.q.Coding != "":
		says = fmt.Sprintf("of %d bytes or more, or of unknown length, comes by %s where its type is one of those that are compressed", c.MinSize, j.q.Coding)
		if !engines.HasCoding(j.in.Engines.Cache, j.q.Coding) {
			says += "; what is stored comes by gzip or as it is"
		}
	}
	j.step(site.CacheTier, "compress", "Z1", c.Source, "", "an answer %s", says)
}

// codedFile makes the header of a file that is served what it is with its coding.
func (j *journey) codedFile(taken *site.Route, r *wire.Response) {
	c := taken.Compress
	if c == nil || !decide.Compressible(c, r.Status, r.Header, r.Length) {
		return
	}
	coding := j.q.Coding
	if coding != "" && !engines.HasCoding(j.in.Engines.Web, coding) {
		coding = j.q.Header.Get("Accept-Encoding") // the daemon knows what is left of it
	}
	decide.Coded(&r.Header, coding)
}
