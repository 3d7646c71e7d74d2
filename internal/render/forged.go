package render

import "strings"

// forwardedNames are the headers, beyond those that the cache tier sets, in
// which proxies are known to say whom or what they forward. VCL can remove a
// header only by its whole name.
func forwardedNames() []string {
	var names []string
	for _, last := range []string{"By", "Client-Ip", "Ip", "Port", "Prefix", "Path", "Context", "Scheme", "Protocol", "Ssl",
		"Server", "Uri", "Url", "Method", "User", "Email", "Groups", "Preferred-Username", "Access-Token",
		"Client-Cert", "Tls-Client-Cert"} {
		names = append(names, "X-Forwarded-"+last)
	}
	return names
}

// lookalikes are, for each header that says who a client is, the spellings
// that many apps cannot tell from it, because they take "_" for "-".
func lookalikes() [][]string {
	names := append([]string{"X-Real-IP", "X-Request-Id", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"}, forwardedNames()...)
	all := make([][]string, len(names))
	for i, name := range names {
		all[i] = spellings(name)[1:]
	}
	return all
}

// spellings writes a name with "-" or "_" in each place where it has "-". The
// first is the name itself.
func spellings(name string) []string {
	first, rest, found := strings.Cut(name, "-")
	if !found {
		return []string{name}
	}
	var all []string
	for _, joint := range []string{"-", "_"} {
		for _, ending := range spellings(rest) {
			all = append(all, first+joint+ending)
		}
	}
	return all
}

// notes are the headers in which the tiers talk to each other, and that no app
// is to see from a client.
func notes() []string {
	return []string{"X-Edge-Tier", "X-Edge-Backend", "X-Edge-Upstream", "X-Edge-Url", "X-Edge-Generation"}
}
