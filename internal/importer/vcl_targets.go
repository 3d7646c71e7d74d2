package importer

import (
	"slices"
	"strings"
)

// byHost is a block for some hosts: their sites, which are made where there are none.
func (v *vcl) byHost(s *statement, at where, cond string) bool {
	var hosts []string
	for _, part := range alternatives(cond) {
		match := hostMatch().FindStringSubmatch(part)
		if match == nil {
			return false
		}
		hosts = append(hosts, hostsOf(match[1], match[2])...)
	}
	if len(hosts) == 0 || len(at.urls) > 0 {
		return false
	}
	var sites []*block
	for _, host := range hosts {
		site := v.siteWith(host)
		if site == nil && len(sites) > 0 && v.fresh {
			sites[0].addTo("hosts", []string{host}, s.Line)
			continue
		}
		if site == nil {
			if !v.fresh {
				continue
			}
			site = v.siteFor(host, s.Line)
			v.askedBy(site, v.standardName(), s.Line)
		}
		if !slices.Contains(sites, site) {
			sites = append(sites, site)
		}
	}
	if len(sites) == 0 {
		return false
	}
	s.into(sites[0].place())
	at.sites = sites
	v.statements(s.body, at)
	return true
}

// hostsOf are the hosts that a condition names; none where they cannot be told.
func hostsOf(operator, value string) (hosts []string) {
	value = strings.ToLower(strings.TrimPrefix(value, "(?i)"))
	if operator == "==" {
		return []string{value}
	}
	name := strings.TrimSuffix(strings.TrimPrefix(value, "^"), "$")
	if rest, ok := strings.CutPrefix(name, `(www\.)?`); ok {
		hosts, name = append(hosts, strings.ReplaceAll(rest, `\.`, ".")), "www."+rest
	}
	name = strings.ReplaceAll(name, `\.`, ".")
	if strings.ContainsAny(name, `\()[]*+?|^$`) || !strings.Contains(name, ".") {
		return nil
	}
	return append(hosts, name)
}

// byURL is a block for some URLs.
func (v *vcl) byURL(s *statement, at where, cond string) bool {
	var urls []string
	for _, part := range alternatives(cond) {
		match := urlMatch().FindStringSubmatch(part)
		if match == nil {
			return false
		}
		if match[1] == "==" {
			match[2] = "=" + match[2]
		}
		urls = append(urls, match[2])
	}
	if len(urls) == 0 || len(at.urls) > 0 {
		return false
	}
	if text := strings.ToLower(bodyText(s)); strings.Contains(text, "req.http.cookie") && !strings.Contains(text, "pass") {
		s.refuseAll("cookies are ignored for a site, and not for some of its URLs", "name the cookies that do not matter in `cache { ignore_cookies = [ … ] }`, or have files answered by `static`")
		return true
	}
	at.urls = urls
	s.into("routes of their own")
	v.statements(s.body, at)
	return true
}

// alternatives are the parts of a condition that one of has to hold; none where it is
// not made of such.
func alternatives(cond string) (parts []string) {
	if strings.Contains(cond, "&&") {
		return nil
	}
	for part := range strings.SplitSeq(cond, " || ") {
		for strings.HasPrefix(part, "( ") && strings.HasSuffix(part, " )") {
			part = part[2 : len(part)-2]
		}
		parts = append(parts, part)
	}
	return parts
}
