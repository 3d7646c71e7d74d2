package render

import (
	"fmt"
	"strings"

	"edgegen/internal/site"
)

// Ranks lists a route's codings, each with a number that is higher for a preferred one, and
// "files" if the route has files.
func (r vclRoute) Ranks() string {
	var ranks strings.Builder
	for i, coding := range r.Compress.Algorithms {
		fmt.Fprintf(&ranks, "%s=%d ", coding, len(r.Compress.Algorithms)-i)
	}
	if r.Static != nil {
		ranks.WriteString("files")
	}
	return strings.TrimSpace(ranks.String())
}

// nginxCompress says how nginx compresses files. It has the media types spelt exactly as
// nginx gives them to files.
type nginxCompress struct {
	site.Compress
	Gzip, Brotli bool
	Quoted       string
}

func nginxCompressOf(c *site.Compress) *nginxCompress {
	if c == nil {
		return nil
	}
	view := nginxCompress{Compress: *c}
	for _, coding := range c.Algorithms {
		view.Gzip, view.Brotli = view.Gzip || coding == site.Gzip, view.Brotli || coding == "br"
	}
	var quoted []string
	for _, media := range site.MediaTypes() {
		if c.Takes(media.Type) {
			quoted = append(quoted, `"`+media.Type+`"`)
		}
	}
	if c.Takes(site.DefaultMediaType) {
		quoted = append(quoted, site.DefaultMediaType)
	}
	view.Quoted = strings.Join(quoted, " ")
	return &view
}

// load makes nginx load the Brotli module if a site compresses files with it. Without the
// module, files are not compressed with Brotli.
func (v *nginxData) load(module string, s *nginxSite) {
	for i := range s.Routes {
		for _, files := range s.Routes[i].Files {
			if c := files.Compress; c != nil && c.Brotli {
				v.Brotli, c.Brotli = module, module != ""
			}
		}
	}
}
