package render

import (
	"slices"
	"strconv"
	"strings"

	"edgegen/internal/site"
)

// includedNames are the files that nginx.conf includes, in the order in which it
// does. No value of the HCL stands in them.
var includedNames = [...]string{"nginx/lists.conf", "nginx/headers.conf", "nginx/common.conf", "nginx/plain.conf", frontConf, "nginx/notes.conf", "nginx/site.conf", "nginx/page.conf"}

// frontConf is included where nginx ends TLS.
const frontConf = "nginx/front.conf"

// includedData is what the included files are made from.
type includedData struct {
	header
	File       string
	MediaTypes []nginxMedia
	Reasons    []nginxReason
	ErrorCodes string
	Lookalikes [][]string // headers that are dropped, by what they look like
	Notes      []string   // headers in which the tiers talk to each other
	Untold     []string   // those of them that no app's relay is told either
	Handovers  []string   // headers of an app's answer that are dropped
}

type nginxMedia struct{ Type, Extensions string }

type nginxReason struct {
	Status int
	Text   string
}

func includedView(common header, name string) includedData {
	notes, relayed := site.NoteNames(), site.NoteNames(site.Relayed)
	view := includedData{
		header:     common,
		File:       name,
		Reasons:    reasons(),
		ErrorCodes: errorCodes(),
		Lookalikes: lookalikes(),
		Notes:      notes,
		Untold:     slices.DeleteFunc(slices.Clone(notes), func(name string) bool { return slices.Contains(relayed, name) }),
		Handovers:  site.HandoverNames(),
	}
	for _, media := range site.MediaTypes() {
		view.MediaTypes = append(view.MediaTypes, nginxMedia{media.Type, strings.Join(media.Extensions, " ")})
	}
	return view
}

// reasons are the statuses that nginx answers with by itself.
func reasons() []nginxReason {
	return []nginxReason{
		{301, "Moved Permanently"}, {302, "Found"}, {303, "See Other"},
		{307, "Temporary Redirect"}, {308, "Permanent Redirect"},
		{400, "Bad Request"}, {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
		{408, "Request Timeout"}, {411, "Length Required"}, {412, "Precondition Failed"},
		{413, "Content Too Large"}, {414, "URI Too Long"}, {416, "Range Not Satisfiable"},
		{421, "Misdirected Request"}, {431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"}, {501, "Not Implemented"}, {502, "Bad Gateway"},
		{503, "Service Unavailable"}, {504, "Gateway Timeout"}, {505, "HTTP Version Not Supported"},
		{507, "Insufficient Storage"},
	}
}

// errorCodes lists the statuses whose pages edgegen writes: all but those that a
// rule of their own answers, which are redirects, 403, 502, 503 and those given.
func errorCodes(but ...int) string {
	var codes []string
	for _, r := range reasons() {
		if r.Status >= 400 && !slices.Contains(append(but, 403, 502, 503), r.Status) {
			codes = append(codes, strconv.Itoa(r.Status))
		}
	}
	return strings.Join(codes, " ")
}
