package render

import (
	"regexp"
	"slices"
	"strings"

	"edgegen/internal/site"
)

// hostPatterns returns regular expressions, as few as possible, for the hosts that the
// function returns for these sites.
func hostPatterns(of func(*site.Site) []string, sites []*site.Site) []string {
	var patterns []string
	var hosts []string
	length := 0
	for _, s := range sites {
		for _, host := range of(s) {
			if length > longestPattern {
				patterns, hosts, length = append(patterns, anyOf(hosts)), nil, 0
			}
			hosts = append(hosts, hostPattern(host))
			length += len(hosts[len(hosts)-1])
		}
	}
	if len(hosts) == 0 {
		return patterns
	}
	return append(patterns, anyOf(slices.Clip(hosts)))
}

// hostPattern returns a regular expression for a host or a wildcard.
func hostPattern(host string) string {
	if beneath, deep := strings.CutPrefix(host, site.AnyLabels); deep {
		return "(?:" + oneLabel + `\.)+` + regexp.QuoteMeta(beneath)
	}
	return strings.Replace(regexp.QuoteMeta(host), `\*`, oneLabel, 1)
}

func anyOf(hosts []string) string { return "^(?:" + strings.Join(hosts, "|") + ")$" }

// serverNames returns the names by which nginx finds a site: all but the aliases, which the
// cache tier redirects.
func serverNames(s *site.Site) (names, patterns []string) {
	return namesForNginx(append([]string{s.Host}, s.Hosts...))
}

// namesForNginx separates exact names from wildcards. Wildcards become regular expressions,
// since nginx's own wildcards stand for any number of labels.
func namesForNginx(hosts []string) (names, patterns []string) {
	for _, host := range hosts {
		if _, wildcard := site.Beneath(host); wildcard {
			patterns = append(patterns, "~"+anyOf([]string{hostPattern(host)}))
		} else {
			names = append(names, site.URLHost(host))
		}
	}
	return names, patterns
}

// deepUnless returns a regular expression for a "**." wildcard that does not match where one
// of the given "*." wildcards does, which take precedence.
func deepUnless(host string, wildcards []string) string {
	pattern := anyOf([]string{hostPattern(site.AnyLabels + host)})
	var others []string
	for _, w := range wildcards {
		if beneath, _ := site.Beneath(w); beneath == host || strings.HasSuffix(beneath, "."+host) {
			others = append(others, hostPattern(w))
		}
	}
	if len(others) == 0 {
		return pattern
	}
	return "^(?!(?:" + strings.Join(others, "|") + ")$)" + strings.TrimPrefix(pattern, "^")
}

// hostsOf lists a site's whole names as they stand in a request, the canonical one
// first.
func hostsOf(s *site.Site) []string {
	hosts := []string{site.URLHost(s.Host)}
	hosts = append(hosts, aliasesOf(s)...)
	for _, host := range s.Hosts {
		if _, wildcard := site.Beneath(host); !wildcard {
			hosts = append(hosts, site.URLHost(host))
		}
	}
	return hosts
}

func aliasesOf(s *site.Site) []string {
	var hosts []string
	for _, alias := range s.Aliases {
		hosts = append(hosts, site.URLHost(alias))
	}
	return hosts
}

func wildcardsOf(s *site.Site) []string {
	var hosts []string
	for _, host := range s.Hosts {
		if _, wildcard := site.Beneath(host); wildcard && !strings.HasPrefix(host, site.AnyLabels) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// longestPattern keeps a regular expression far below PCRE's limit.
const longestPattern = 8 << 10

// oneLabel matches what a wildcard stands for.
const oneLabel = "[a-z0-9_-]+"
