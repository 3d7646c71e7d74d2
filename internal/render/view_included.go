package render

import (
	"slices"
	"strconv"
	"strings"

	"edgegen/internal/site"
)

// includedNames are the files that nginx.conf includes, in that order. They contain no value
// of the HCL.
var includedNames = [...]string{"nginx/lists.conf", "nginx/headers.conf", "nginx/common.conf", "nginx/plain.conf", frontConf, "nginx/notes.conf", "nginx/site.conf", "nginx/page.conf"}

// frontConf is included where nginx ends TLS.
const frontConf = "nginx/front.conf"

// includedData is the data for the included files.
type includedData struct {
	header
	File       string
	MediaTypes []nginxMedia
	Reasons    []nginxReason
	ErrorCodes string
	Lookalikes [][]string // the other spellings of each protected header, which are dropped
	Notes      []string   // the X-Edge-* headers between tiers
	Untold     []string   // those of them that relays of apps do not get either
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

// reasons lists the statuses that nginx itself answers with.
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

// errorCodes lists the statuses for the error_page of plain error pages: all errors except
// 403, 502, 503 and the given ones, which have an error_page of their own.
func errorCodes(but ...int) string {
	var codes []string
	for _, r := range reasons() {
		if r.Status >= 400 && !slices.Contains(append(but, 403, 502, 503), r.Status) {
			codes = append(codes, strconv.Itoa(r.Status))
		}
	}
	return strings.Join(codes, " ")
}
