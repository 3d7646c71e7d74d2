package explain

import (
	"fmt"
	"net/http"
	"os"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/static"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// static tells which file answers; false where none does.
func (j *journey) static(taken *site.Route, past decide.Past) bool {
	s := taken.Static
	ask := static.Ask{Method: j.q.Method, Header: j.q.Header, Path: j.q.Path, Static: s, Script: j.w.Host.Site.IsScript(j.q.Path), Private: j.private}
	if ask.Script {
		j.step(site.WebTier, "files", "B6", s.Source, "", "%s names a script, which is run and never shown", j.q.Path)
		return false
	}
	r, found := j.files.Find(ask, taken.Backend != "")
	if r != nil {
		defer r.Close()
	}
	switch found {
	case static.DotFile:
		j.step(site.WebTier, "files", "S3", s.Source, inDotFiles, "%s names a dot file: nobody gets it", j.q.Path)
		j.answer(found.Status(j.q.Method), "%s names a dot file, which nobody gets", j.q.Path)
		j.own(taken, past)
		return true
	case static.Nothing:
		if j.q.Method != http.MethodGet && j.q.Method != http.MethodHead {
			j.step(site.WebTier, "files", "S1", s.Source, "", "files are served by GET and HEAD alone")
			return false
		}
	}
	j.tries(ask, taken, found, r)
	if found != static.Nothing {
		j.own(taken, past)
	}
	return found != static.Nothing
}

// tries tells of each entry of try_files up to the one that decides.
func (j *journey) tries(ask static.Ask, taken *site.Route, found static.Found, r *wire.Response) {
	all := ask.Static
	for _, try := range all.TryFiles {
		name, can := static.Name(try, ask.Path)
		path := j.named(all.Root + name)
		if !can {
			j.step(site.WebTier, "files", "S1", all.Source, "", "%s: a path with a slash at its end is no file's", try)
			continue
		}
		one := *all
		one.TryFiles = []site.Try{try}
		ask.Static = &one
		here, what := j.files.Find(ask, taken.Backend != "")
		if here != nil {
			here.Close()
		}
		if what == static.Nothing || found == static.Nothing { // one that has come since is not there
			missing := "is not there"
			if info, err := os.Stat(all.Root + name); err == nil && info.Mode().IsRegular() {
				missing = "is there and cannot be served, by a link that leads elsewhere or as its reader may not read it: it counts as none"
			}
			j.step(site.WebTier, "files", "S1", all.Source, "", "%s: %s %s", try, path, missing)
			continue
		}
		j.decided(try, path, taken, found, r)
		return
	}
}

// decided tells what the entry that decides has led to.
func (j *journey) decided(try site.Try, path string, taken *site.Route, found static.Found, r *wire.Response) {
	source := taken.Static.Source
	status := found.Status(j.q.Method)
	switch found {
	case static.Kept:
		j.step(site.WebTier, "files", "S3", source, "", "%s: %s is private, or cannot be read", try, path)
		j.answer(status, "%s is there, and is never served: it is private, or cannot be read", path)
	case static.Slash:
		location := decide.WithSlash(j.q.Target)
		j.step(site.WebTier, "files", "S4", source, "", "%s: %s is there, and the path lacks its last slash", try, path)
		j.answer(status, "%s serves a directory that was asked for without its last slash: redirected to %s", path, location)
		j.out.AnswerHeaders = append(j.out.AnswerHeaders, Field{Name: "Location", Value: location})
	case static.OtherMethod:
		j.step(site.WebTier, "files", "E3", source, "", "%s: %s is there, and a file is served by GET and HEAD alone", try, path)
		j.answer(status, "%s is a file, which %s is no method for, and route %s has no backend", path, j.q.Method, quoted(taken))
		j.out.AnswerHeaders = append(j.out.AnswerHeaders, Field{Name: "Allow", Value: "GET, HEAD"})
	default:
		packed := ""
		if r.Header.Get("Content-Encoding") == "gzip" {
			packed = ", compressed by the .gz beside it"
		}
		j.step(site.WebTier, "files", "S1", source, "", "%s: %s is served%s", try, path, packed)
		j.answer(r.Status, "%s%s", path, served(r))
		j.codedFile(taken, r)
		j.out.AnswerHeaders = append(j.out.AnswerHeaders, fieldsOf(r.Header)...)
	}
}

// served is what is remarkable about the answer with a file.
func served(r *wire.Response) string {
	switch r.Status {
	case http.StatusPartialContent:
		return ", a part of it, as Range asks"
	case http.StatusNotModified:
		return " is as the client has it"
	case http.StatusPreconditionFailed:
		return " is not as If-Match or If-Unmodified-Since asks"
	case http.StatusRequestedRangeNotSatisfiable:
		return " has no such range"
	}
	return fmt.Sprintf(" (%s)", r.Header.Get("Content-Type"))
}
