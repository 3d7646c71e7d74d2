package explain

import (
	"bytes"
	"strconv"
	"strings"

	"edgegen/internal/render"
	"edgegen/internal/site"
)

// The lines of rendered files that carry out what is the same for every site.
const (
	inClient    = "sub edge_client {"
	inMethod    = "sub edge_method {"
	inPath      = "sub edge_path {"
	inHost      = "sub edge_host {"
	inRedirect  = "sub edge_redirect {"
	inPolicy    = "sub edge_policy {"
	inWebSocket = "sub edge_websocket {"
	inDotFiles  = "if ($edge_dotfile) { return 404; }"
)

// places finds where the daemon that serves a tier carries something out: where its
// files name the line of the HCL, in a line that has the anchor if there is one, or
// else where the anchor stands. There are none where no daemon serves the tier.
func (e *Explainer) places(tier string, source site.Source, anchor string) []string {
	found := []string{}
	if e.in.Output == nil {
		return found
	}
	files := e.in.Output.Of(e.in.Engines.Of(tier)).Files
	if source.Line > 0 {
		for _, file := range files {
			if line := mention(file, source, anchor); line > 0 {
				return append(found, placeIn(file, line))
			}
		}
	}
	if anchor == "" {
		return found
	}
	for _, file := range files {
		if at := bytes.Index(file.Data, []byte(anchor)); at >= 0 {
			return append(found, placeIn(file, 1+bytes.Count(file.Data[:at], []byte("\n"))))
		}
	}
	return found
}

// mention is the line of a file that names the source; 0 for none.
func mention(file render.File, source site.Source, anchor string) int {
	first := 0
	for _, one := range file.Mentions {
		if one.Source != source {
			continue
		}
		if first == 0 {
			first = one.Line
		}
		if anchor != "" && strings.Contains(lineOf(file.Data, one.Line), anchor) {
			return one.Line
		}
	}
	return first
}

// lineOf is a line of a text, from 1.
func lineOf(text []byte, number int) string {
	for line := range strings.Lines(string(text)) {
		if number--; number == 0 {
			return line
		}
	}
	return ""
}

func placeIn(file render.File, line int) string { return file.Name + ":" + strconv.Itoa(line) }
