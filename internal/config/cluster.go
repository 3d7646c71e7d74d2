package config

import (
	"fmt"
	"net/netip"
	"strings"

	kubernetes "k8s.io/apimachinery/pkg/util/validation"

	"edgegen/internal/site"
)

// leastSecret is how many characters a secret of members has at least. Whoever connects
// is shown a key that is made of it, and may try to guess it without asking again.
const leastSecret = 32

func readClusterListen(b *block, a *argument, c *site.Cluster) { c.Listen = b.listen(a) }

func readMembers(b *block, a *argument, c *site.Cluster) {
	written, ok := b.texts(a)
	if ok && len(written) == 0 {
		b.errorAt(b.placeOf(a), "write "+a.name+" = "+a.example+", say", "%s is empty", a.name)
	}
	seen := map[string]located{}
	for _, one := range written {
		member, problem, remedy := parseMember(one.text)
		if problem != "" {
			b.errorAt(one.place, remedy, "member %q %s", one.text, problem)
			continue
		}
		if earlier, again := seen[member.String()]; again {
			b.errorAt(one.place, "keep one of them", "member %q is listed twice: first at %s", one.text, b.where(earlier.place))
			continue
		}
		seen[member.String()] = one
		member.Source = b.sourceOf(one.place)
		c.Members = append(c.Members, member)
	}
}

func parseMember(text string) (member site.Member, problem, remedy string) {
	const example = `write "10.0.0.2:6443" or "edges.internal:6443", say`
	if place, ok := strings.CutPrefix(text, site.InKubernetes); ok {
		member.Namespace, member.Service, ok = inKubernetes(place)
		if !ok {
			return member, "is no Service of a cluster", "write kubernetes://namespace/service, without a port: the EndpointSlices say which"
		}
		return member, "", ""
	}
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		return member, "is a URL, and must be an address", fmt.Sprintf("write it without %q: %q", scheme+"://", strings.TrimRight(rest, "/"))
	}
	host, port, problem := splitHostPort(text, 1)
	switch {
	case problem != "":
		return member, problem, example
	case host == "":
		return member, "lacks a host: it is the address at which the other members reach it", example
	}
	if address, err := netip.ParseAddr(host); err == nil {
		switch {
		case address.Zone() != "":
			return member, "holds an IPv6 zone, which other machines do not know", "write an address without a zone"
		case address.IsMulticast(), address.IsUnspecified():
			return member, "is no address of one machine", example
		}
		return site.Member{Host: address.Unmap().String(), Port: port}, "", ""
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if looksNumeric(host) {
		return member, "holds no valid IP address", example
	}
	if problem := dnsProblem(host); problem != "" {
		return member, problem, example
	}
	return site.Member{Host: host, Port: port}, "", ""
}

// readClusterSecret reads a secret without the line's end that a file has behind it.
func readClusterSecret(b *block, a *argument, c *site.Cluster) {
	written, ok := b.text(a)
	if !ok {
		return
	}
	c.Secret = strings.TrimSpace(written.text)
	if c.Secret != "" {
		b.secrets[c.Secret] = true
		b.note.keepSecret(c.Secret)
	}
	if len(c.Secret) < leastSecret {
		b.errorAt(written.place, "make one by `openssl rand -base64 32`, and keep it in a file that file(\"cluster.key\") reads, say", "%s has %d characters, and needs %d at least", a.name, len(c.Secret), leastSecret)
	}
}

// checkCluster refuses a cluster of edges that store nothing.
func checkCluster(b *block, _ *site.Cluster) {
	if b.around.model.(*site.Edge).Uncached() {
		b.errorAt(b.place, "remove it, or engine { cache = \"off\" }", "a cluster shares what its caches store, and nothing is stored: engine.cache is off")
	}
}

// inKubernetes reads "namespace/name", as what is behind kubernetes:// has to be.
func inKubernetes(place string) (namespace, name string, ok bool) {
	namespace, name, ok = strings.Cut(place, "/")
	return namespace, name, ok && len(kubernetes.IsDNS1123Label(namespace)) == 0 && len(kubernetes.IsDNS1123Label(name)) == 0
}
