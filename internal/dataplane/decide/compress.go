package decide

import (
	"net/http"
	"strconv"
	"strings"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// Negotiate finds the coding of the answer to a request for a route that compresses. The
// web tier is told only of codings in which a file may lie beside the original, and the
// app is told of none, so that one answer of the app serves all clients.
func (q *Question) Negotiate(r *site.Route) {
	var gzip bool
	q.Coding, gzip = wanted(q.Header, r.Compress.Algorithms)
	q.negotiated = true
	switch files := r.Static != nil; {
	case files && q.Coding == "br" && gzip:
		q.Header.Set("Accept-Encoding", "br, gzip")
	case files && q.Coding == "br":
		q.Header.Set("Accept-Encoding", "br")
	case files && gzip:
		q.Header.Set("Accept-Encoding", "gzip")
	default:
		q.Header.Del("Accept-Encoding")
	}
}

// wanted is the coding that a client wants most of those that there are, by its
// Accept-Encoding (RFC 9110, 12.5.3), and whether it takes gzip at all. It is "" where
// the client wants none, or asks for a part of the answer: parts are of the answer as
// it is.
func wanted(request wire.Header, algorithms []string) (best string, gzip bool) {
	const unnamed = -1
	var named [3]int // as algorithms has them, which are three at most
	for i := range named {
		named[i] = unnamed
	}
	star, plain, zipped, ranged := 0, unnamed, unnamed, false
	for _, f := range request {
		if wire.EqualFold(f.Name, "Range") {
			ranged = true
		}
		if !wire.EqualFold(f.Name, "Accept-Encoding") {
			continue
		}
		for member := range wire.List(f.Value) {
			name, weight := weighed(member)
			switch {
			case name == "*":
				star = weight
			case wire.EqualFold(name, "identity"):
				plain = weight
			case wire.EqualFold(name, "gzip"), wire.EqualFold(name, "x-gzip"):
				name, zipped = site.Gzip, weight
				fallthrough
			default:
				for i, algorithm := range algorithms {
					if wire.EqualFold(name, algorithm) {
						named[i] = weight
					}
				}
			}
		}
	}
	if ranged {
		return "", false
	}
	most := max(plain-1, 0)
	for i, algorithm := range algorithms {
		if named[i] == unnamed {
			named[i] = star
		}
		if named[i] > most {
			best, most = algorithm, named[i]
		}
	}
	return best, zipped > 0 || zipped == unnamed && star > 0
}

// weighed is a member of Accept-Encoding: its name, and its weight in thousandths. A
// malformed weight counts as 0.
func weighed(member string) (name string, weight int) {
	name, rest, _ := strings.Cut(member, ";")
	name = wire.TrimSpace(name)
	for parameter := range strings.SplitSeq(rest, ";") {
		parameter = wire.TrimSpace(parameter)
		if len(parameter) > 1 && parameter[0]|0x20 == 'q' {
			if value, ok := strings.CutPrefix(wire.TrimSpace(parameter[1:]), "="); ok {
				return name, thousandths(wire.TrimSpace(value))
			}
		}
	}
	return name, 1000
}

// thousandths reads a weight: 0 to 1, with three digits behind the point.
func thousandths(value string) int {
	whole, rest, _ := strings.Cut(value, ".")
	if whole != "0" && whole != "1" || len(rest) > 3 {
		return 0
	}
	n, ok := wire.Digits(whole + (rest + "000")[:3])
	if !ok || n > 1000 {
		return 0
	}
	return int(n)
}

// Compressible reports whether a route compresses an answer that has no coding yet, of
// length bytes or of unknown length (-1). It does not compress parts, answers that forbid
// changes (RFC 9111, 5.2.2.6), and answers without a body.
func Compressible(c *site.Compress, status int, answer wire.Header, length int64) bool {
	switch {
	case length >= 0 && length < c.MinSize, status < 200, status == http.StatusNoContent, status == http.StatusResetContent,
		status == http.StatusPartialContent, status == http.StatusNotModified:
		return false
	}
	return Codable(c, answer)
}

// PartOf reports whether an answer is a part of one that would be compressible: it
// varies as the whole does (RFC 9110, 15.3.7).
func PartOf(c *site.Compress, status int, answer wire.Header) bool {
	if status == http.StatusPartialContent && strings.HasPrefix(answer.Get("Content-Type"), "multipart/byteranges") {
		return true // of what, nobody says
	}
	if status != http.StatusPartialContent || !codable(c, answer, true) {
		return false
	}
	_, total, _ := strings.Cut(answer.Get("Content-Range"), "/")
	length, err := strconv.ParseInt(total, 10, 64)
	return err != nil || length >= c.MinSize // "*" is of unknown length
}

// Codable is Compressible as far as the header says.
func Codable(c *site.Compress, answer wire.Header) bool { return codable(c, answer, false) }

func codable(c *site.Compress, answer wire.Header, part bool) bool {
	kind := ""
	for i := range answer {
		f := &answer[i]
		switch {
		case wire.EqualFold(f.Name, "Content-Encoding"), wire.EqualFold(f.Name, "Content-Range") && !part:
			return false
		case wire.EqualFold(f.Name, "Cache-Control"):
			if len(f.Value) >= len("no-transform") && answer.Contains("Cache-Control", "no-transform") {
				return false
			}
		case wire.EqualFold(f.Name, "Content-Type"):
			kind = f.Value
		}
	}
	return c.Takes(kind)
}

// Coded makes the header of an answer say that it varies by Accept-Encoding, and that its
// body is in a coding; "" for none. Its ETag becomes a weak one, since the bytes are
// others, and sums of the bytes are removed.
func Coded(answer *wire.Header, coding string) {
	varies, summed := false, false
	for i := range *answer {
		switch f := &(*answer)[i]; {
		case wire.EqualFold(f.Name, "Vary"):
			varies = varies || answer.Contains("Vary", "Accept-Encoding") || answer.Contains("Vary", "*")
		case coding == "":
		case wire.EqualFold(f.Name, "ETag") && !strings.HasPrefix(f.Value, "W/"):
			f.Value = "W/" + f.Value
		case isSum(f.Name):
			summed = true
		}
	}
	if summed {
		answer.Filter(func(f wire.Field) bool { return !isSum(f.Name) })
	}
	if !varies {
		answer.Add("Vary", "Accept-Encoding")
	}
	if coding != "" {
		answer.Add("Content-Encoding", coding)
	}
}

// isSum reports a field with a sum of the body's bytes (RFC 9530 and before).
func isSum(name string) bool {
	return wire.EqualFold(name, "Content-MD5") || wire.EqualFold(name, "Content-Digest") || wire.EqualFold(name, "Repr-Digest") || wire.EqualFold(name, "Digest")
}
