package config

import (
	"slices"
	"strings"

	"edgegen/internal/site"
)

// checkTLS checks that a site has a tls block, which names a certificate in exactly one
// way. The certificate and its key must be good; dates and names are worth a warning,
// because a site may be tried out with any certificate.
func checkTLS(b *block, tls *site.TLS) {
	checkClients(b, tls)
	if hook := b.row(&tls.DNSHook); b.holds(hook) && !tls.ACME {
		b.errorAt(b.placeOf(hook), "add acme = true, or leave it out", "%s has no effect without acme", hook.name)
	}
	certificate, key, selfSigned, acme := b.row(&tls.Certificates), b.row(&tls.Keys), b.row(&tls.SelfSigned), b.row(&tls.ACME)
	switch given := b.holds(certificate) || b.holds(key); {
	case !b.present() && (b.around.writesAsArgument(b.schema) || b.around.lacking[b.schema]): // which has been reported
	case !b.present():
		b.lacksTLS(b.around.place)
	case given && tls.SelfSigned:
		b.errorAt(b.placeOf(selfSigned), "keep one of the two", "%s stands beside a certificate", selfSigned.name)
	case given && tls.ACME:
		b.errorAt(b.placeOf(acme), "keep one of the two", "%s stands beside a certificate", acme.name)
	case tls.SelfSigned && tls.ACME:
		b.errorAt(b.placeOf(acme), "keep one of the two", "%s stands beside %s", acme.name, selfSigned.name)
	case given:
		b.certificates(tls, certificate, key)
	case tls.ACME:
		b.orderable(tls)
	case !tls.SelfSigned && !b.wrong(selfSigned) && !b.wrong(acme) && !b.wrong(certificate) && !b.wrong(key):
		b.errorAt(b.place, "add acme = true, or certificate and key, or self_signed = true to try it out", "the tls block names no certificate")
	}
}

// writesAsArgument reports whether a block is written with "=".
func (b *block) writesAsArgument(kind *schema) bool {
	_, found := b.body.Attributes[kind.name]
	return found
}

func readMinVersion(b *block, a *argument, tls *site.TLS) {
	tls.MinVersion = strings.Trim(a.standard, `"`)
	version, ok := b.text(a)
	switch {
	case !ok:
	case slices.Contains(a.choices, version.text):
		tls.MinVersion = version.text
	default:
		b.errorAt(version.place, "write "+oneOf(a.choices)+"; older versions are not safe", "%s cannot be %q", a.name, version.text)
	}
}
