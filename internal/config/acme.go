package config

import (
	"encoding/base64"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"

	"edgegen/internal/site"
)

func readEmail(b *block, a *argument, acme *site.ACME) {
	address, ok := b.text(a)
	name, domain, split := strings.Cut(address.text, "@")
	if ok && (!split || name == "" || domain == "" || strings.ContainsFunc(address.text, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("?,<>", r) })) {
		b.errorAt(address.place, "write an address such as "+a.example, "%q is no e-mail address", address.text)
		return
	}
	acme.Email = address.text
}

func readDirectory(b *block, a *argument, acme *site.ACME) {
	acme.Directory = strings.Trim(a.standard, `"`)
	written, ok := b.text(a)
	if !ok {
		return
	}
	at, err := url.Parse(written.text)
	if err != nil || at.Scheme != "https" || at.Host == "" || at.User != nil || at.Fragment != "" {
		b.errorAt(written.place, "write a URL such as "+a.example, "%s cannot be %q: an authority is asked by https", a.name, written.text)
		return
	}
	acme.Directory = written.text
}

// readProfile reads a word. Only the authority knows which words there are.
func readProfile(b *block, a *argument, acme *site.ACME) {
	name, ok := b.text(a)
	if ok && (name.text == "" || strings.ContainsFunc(name.text, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' })) {
		b.errorAt(name.place, "write one that the authority's directory lists, such as "+a.example, "%q is no name of a profile", name.text)
		return
	}
	acme.Profile = name.text
}

// readStore reads a place. Whether it is there is not looked at: where it is away, what
// was taken from it is served.
func readStore(b *block, a *argument, acme *site.ACME) {
	place, ok := b.text(a)
	if !ok {
		return
	}
	in, ok := strings.CutPrefix(place.text, site.InKubernetes)
	if !ok {
		acme.Store, _ = b.pathOf(a.name, place)
		return
	}
	if _, name, ok := inKubernetes(in); !ok || len(name) > 30 {
		b.errorAt(place.place, "write kubernetes://namespace/name, where the name has at most 30 lower-case letters, digits and dashes", "%q is no place in a cluster", place.text)
		return
	}
	acme.Store = place.text
}

func readDNSHook(b *block, a *argument, tls *site.TLS) {
	if tls.DNSHook = b.command(a); len(tls.DNSHook) > 0 {
		tls.DNSHookDir = filepath.Dir(b.sources[b.place.Filename].path)
	}
}

// readBinding reads the two words that an authority hands out.
func readBinding(b *block, a *argument, acme *site.ACME) {
	const id, key = "key_id", "hmac_key"
	for _, p := range b.pairs(a) {
		switch p.key.text {
		case id:
			acme.KeyID = p.value.text
		case key:
			acme.HMACKey = strings.TrimRight(p.value.text, "=")
			if _, err := base64.RawURLEncoding.DecodeString(acme.HMACKey); err != nil {
				b.errorAt(p.value.place, "copy it as the authority shows it, which is base64url", "%s is no key", key)
			}
		default:
			b.errorAt(p.key.place, suggest(p.key.text, []string{id, key}), "%s has no %q", a.name, p.key.text)
		}
	}
	if b.holds(a) && !b.wrong(a) && (acme.KeyID == "" || acme.HMACKey == "") {
		b.errorAt(b.placeOf(a), "write "+a.example, "%s needs both %s and %s", a.name, id, key)
	}
}

// checkACME reads what the authority itself is verified with.
func checkACME(b *block, acme *site.ACME) {
	if root := b.row(&acme.CARoot); b.holds(root) {
		acme.CARoot, acme.CASum = b.roots(root)
	}
}

// orderable checks that an authority can give a certificate for every name of the site:
// that such a name can have one, and that the authority can find out that it leads here.
func (b *block) orderable(tls *site.TLS) {
	hook := b.row(&tls.DNSHook)
	for _, name := range b.around.model.(*siteDraft).names {
		_, wildcard := site.Beneath(name.text)
		address, number := netip.ParseAddr(strings.Trim(name.text, "[]"))
		switch {
		case strings.HasPrefix(name.text, site.AnyLabels):
			b.errorAt(name.place, "list the hosts, or write *. for one label", "no certificate can be got for %s: a certificate's wildcard stands for one label", name.text)
		case wildcard && len(tls.DNSHook) == 0:
			b.errorAt(name.place, "add "+hook.name+" = "+hook.example+", list the hosts themselves, or take a certificate that covers the wildcard", "no certificate can be got for %s: an authority wants to find it out in the DNS (dns-01)", name.text)
		case wildcard:
		case number == nil && len(tls.DNSHook) > 0:
			b.errorAt(name.place, "give the address a site of its own without "+hook.name, "no certificate can be got for %s: an authority finds out about an address by asking it, and never in the DNS", name.text)
		case number == nil && !address.IsPrivate() && !address.IsLoopback() && !address.IsLinkLocalUnicast():
			b.warnAt(name.place, "write profile = \"shortlived\" in the acme block where it is one of those", "few authorities give a certificate for an address such as %s, and for days alone", name.text)
		case number == nil || !strings.Contains(strings.TrimSuffix(name.text, "."), "."):
			b.warnAt(name.place, "use self_signed = true to try it out", "public authorities give no certificate for %s", name.text)
		}
	}
}
