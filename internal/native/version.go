package native

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"edgegen/internal/site"
)

// requirement is what edgegen knows and asks of a daemon.
type requirement struct {
	engine           site.Engine
	programs         []string // names of the program, the preferred one first
	packages         string   // what to install
	logReaders       []string // names of the access log program
	versionArgument  string
	featureArguments []string // nil where the version's text names the features too
	minimum          string
	reason           string // what an older one lacks
	features         []feature
	version          *regexp.Regexp // its group 1 is the version
	parseFeatures    func(text string) []string
}

// feature is something that a daemon may have been built without.
type feature struct{ name, reason string }

var (
	stunnelVersion = regexp.MustCompile(`(?m)^(?:\[.\] )?stunnel ([0-9]+(?:\.[0-9]+)+)`)
	varnishVersion = regexp.MustCompile(`(?m)^(?:varnishd|vinyld) \([A-Za-z][A-Za-z-]*-([0-9]+(?:\.[0-9]+)+)`)
	nginxVersion   = regexp.MustCompile(`(?m)^nginx version: [A-Za-z]+/([0-9]+(?:\.[0-9]+)+)`)

	stunnelBuild     = regexp.MustCompile(`(?m)(?:^| )(?:Threading|Sockets|TLS|Auth):(\S+)`)
	varnishParameter = regexp.MustCompile(`(?m)^([a-z][a-z0-9_]*)\n~+$`)
	nginxSwitch      = regexp.MustCompile(`(?:^|\s)--(with(?:out)?-[a-z0-9_-]+)`)
)

// requirementOf returns the needs for an engine; false for Auto and Builtin.
func requirementOf(engine site.Engine) (requirement, bool) {
	switch engine {
	case site.Stunnel:
		return requirement{
			engine:          engine,
			programs:        []string{"stunnel", "stunnel4"},
			packages:        "stunnel4 (Debian, Ubuntu) or stunnel",
			versionArgument: "-version",
			minimum:         "5.60",
			reason:          "which has sessionResume",
			features: []feature{{"SYSTEMD",
				"the socket activation by which edgegen hands it the public listeners"}},
			version:       stunnelVersion,
			parseFeatures: func(text string) []string { return words(stunnelBuild, text) },
		}, true
	case site.Varnish:
		return requirement{
			engine:           engine,
			programs:         []string{"varnishd", "vinyld"},
			packages:         "varnish",
			logReaders:       []string{"varnishncsa", "vinylncsa"},
			versionArgument:  "-V",
			featureArguments: []string{"-x", "parameter"},
			minimum:          "6.2",
			reason:           "which has VCL 4.1, Unix sockets, and JSON on its command line",
			version:          varnishVersion,
			parseFeatures:    func(text string) []string { return words(varnishParameter, text) },
		}, true
	case site.Nginx:
		return requirement{
			engine:          engine,
			programs:        []string{"nginx"},
			packages:        "nginx",
			versionArgument: "-V",
			minimum:         "1.18",
			reason:          "the oldest that a supported distribution carries",
			features: []feature{{"with-http_gzip_static_module",
				"which serves files that lie compressed beside the originals"}},
			version:       nginxVersion,
			parseFeatures: func(text string) []string { return words(nginxSwitch, text) },
		}, true
	}
	return requirement{}, false
}

// parseVersion returns the version in what the program printed, "" if there is none.
func (r requirement) parseVersion(text string) string {
	match := r.version.FindStringSubmatch(text)
	if match == nil {
		return ""
	}
	return match[1]
}

// words returns the comma-separated words of every group 1, sorted, each once.
func words(pattern *regexp.Regexp, text string) []string {
	var found []string
	for _, match := range pattern.FindAllStringSubmatch(text, -1) {
		found = append(found, strings.Split(match[1], ",")...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// olderThan compares dotted numbers; a missing part counts as zero.
func olderThan(version, minimum string) bool {
	have, want := strings.Split(version, "."), strings.Split(minimum, ".")
	for len(have) < len(want) {
		have = append(have, "0")
	}
	return slices.CompareFunc(have[:len(want)], want, func(a, b string) int {
		// The patterns let only digits through, and Atoi makes the largest int
		// of a number that is too large for one.
		left, _ := strconv.Atoi(a)
		right, _ := strconv.Atoi(b)
		return cmp.Compare(left, right)
	}) < 0
}
