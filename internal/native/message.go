package native

import (
	"bytes"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Position is a place in a rendered file about which a daemon has said
// something.
type Position struct {
	File    string // as the daemon names it
	Line    int    // 1-based
	Text    string // what it said, on one line, without the place
	Warning bool   // the daemon goes on none the less
}

var (
	vccPlace   = pattern(`^(?:At: |To: )?\('(.*)' Line ([0-9]+) Pos [0-9]+\)`)
	vccProgram = pattern(`\(program line [0-9]+\), at`)
	vccLead    = pattern(`(?:,? (?:starting|defined))?(?:,? at)?:?$`)
	vccMarker  = pattern(`^[-#]+$`)

	nginxPlace   = pattern(`(?m)^(?:nginx:|\S+ \S+) \[([a-z]+)\] (?:[0-9]+#[0-9]+: )?(?:\*[0-9]+ )?(.*) in (/.*):([0-9]+)$`)
	stunnelCause = pattern(`(?m): error:[0-9A-F]+:[^:]*:[^:]*:(.+)$`)
	stunnelPlace = pattern(`(?m)^(?:\[.\] |\S+ \S+ LOG[0-7]\[[^\]]*\]: )?(.+?):([0-9]+): (".*": .*)$`)
)

// IsAboutVCL reports whether what varnishd says about a VCL that it does not load
// is the VCL's fault, and not that of the C compiler, say, or of a full disk. The
// VCL compiler fails as well where it cannot write, or is killed; then it names
// no place in the VCL, unless for a warning.
func IsAboutVCL(message string) bool {
	return strings.Contains(message, "Running VCC-compiler failed") &&
		slices.ContainsFunc(LocateVCC(message, ""), func(p Position) bool { return !p.Warning })
}

// LocateVCC returns the places that the VCL compiler's message names in the
// file: in the order of the message, each with the message that stands above
// it. A message that names several places is about all of them; one that goes
// over several lines is about its first.
//
// A daemon may name the file by another path, since it resolves symbolic links: here and
// in the functions below only the last element is compared. An empty name of a file
// stands for any.
func LocateVCC(message, file string) []Position {
	var positions []Position
	var text []string
	lines := strings.Split(message, "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		place := vccPlace().FindStringSubmatch(line)
		switch {
		case place != nil:
			said := vccText(text)
			text = nil
			i += vccExcerpt(lines[i+1:])
			// A place with nothing said above it continues the one before.
			if said != "" || len(positions) == 0 {
				positions = append(positions, Position{File: place[1], Line: number(place[2]), Text: said})
			}
		case line == "(That was just a warning)":
			text = nil
			if len(positions) > 0 {
				positions[len(positions)-1].Warning = true
			}
		case strings.HasPrefix(line, "Message from "):
			text = nil
		default:
			text = append(text, line)
		}
	}
	return inFile(positions, file)
}

// vccExcerpt returns how many lines after a place show the VCL: its line, and
// the marks under it.
func vccExcerpt(lines []string) int {
	const excerpt = 2
	if len(lines) >= excerpt && vccMarker().MatchString(strings.TrimSpace(lines[1])) {
		return excerpt
	}
	return 0
}

// vccText makes one line of what stands above a place.
func vccText(lines []string) string {
	text := strings.Join(strings.Fields(strings.Join(lines, " ")), " ")
	text = strings.TrimSpace(vccProgram().ReplaceAllString(text, ""))
	if text == "[...]" {
		return ""
	}
	return vccLead().ReplaceAllString(text, "")
}

// LocateNginx returns the places in the file that nginx's output names, from
// its configuration test or its error log.
func LocateNginx(message, file string) []Position {
	var positions []Position
	for _, match := range nginxPlace().FindAllStringSubmatch(message, -1) {
		warning := match[1] == "warn" || match[1] == "notice" || match[1] == "info"
		positions = append(positions, Position{File: match[3], Line: number(match[4]), Text: match[2], Warning: warning})
	}
	return inFile(positions, file)
}

// LocateStunnel returns the places in the file that stunnel's output names. It
// stops at its first error, so there is one at most for each time it read the
// file.
func LocateStunnel(message, file string) []Position {
	var positions []Position
	for _, match := range stunnelPlace().FindAllStringSubmatch(message, -1) {
		positions = append(positions, Position{File: match[1], Line: number(match[2]), Text: match[3]})
	}
	return inFile(positions, file)
}

// LocateService returns the places in a rendered stunnel.conf of the services
// that stunnel names where it knows no line: what is wrong with a service as a
// whole, such as a certificate, it finds at the service's end. What OpenSSL says of it
// stands above that.
func LocateService(message string, rendered []byte) []Position {
	var positions []Position
	detail := ""
	for line := range strings.Lines(message) {
		if cause := stunnelCause().FindStringSubmatch(line); cause != nil {
			detail = ": " + cause[1]
		}
		_, after, named := strings.Cut(line, "Service [")
		name, text, closed := strings.Cut(after, "]: ")
		if !named || !closed {
			continue
		}
		text, detail = strings.TrimSpace(text)+detail, ""
		at := bytes.Index(rendered, []byte("\n["+name+"]\n"))
		if at < 0 {
			continue
		}
		positions = append(positions, Position{File: "stunnel.conf", Line: bytes.Count(rendered[:at], []byte("\n")) + 2, Text: text})
	}
	return positions
}

func inFile(positions []Position, file string) []Position {
	var kept []Position
	for _, position := range positions {
		if file == "" || filepath.Base(position.File) == filepath.Base(file) {
			kept = append(kept, position)
		}
	}
	return kept
}

// number reads digits; those too many for an int make the largest int.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
