package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"edgegen/internal/certificate"
	"edgegen/internal/site"
)

// checkTLS holds that a site has a tls block, and that it names a certificate
// in one of the two ways. The certificate and its key must be good; dates and
// names are worth a warning, because a site may be tried out with any
// certificate.
func checkTLS(b *block, tls *site.TLS) {
	certificate, key, selfSigned, acme := b.row(&tls.Certificate), b.row(&tls.Key), b.row(&tls.SelfSigned), b.row(&tls.ACME)
	switch given := b.holds(certificate) || b.holds(key); {
	case !b.present() && b.around.writesAsArgument(b.schema): // which has been reported
	case !b.present():
		b.lacksTLS(b.around.place)
	case given && tls.SelfSigned:
		b.errorAt(b.placeOf(selfSigned), "keep one of the two", "%s stands beside a certificate", selfSigned.name)
	case given && tls.ACME:
		b.errorAt(b.placeOf(acme), "keep one of the two", "%s stands beside a certificate", acme.name)
	case tls.SelfSigned && tls.ACME:
		b.errorAt(b.placeOf(acme), "keep one of the two", "%s stands beside %s", acme.name, selfSigned.name)
	case given:
		b.certificate(tls, certificate, key)
	case tls.ACME:
		b.orderable()
	case !tls.SelfSigned && !b.wrong(selfSigned) && !b.wrong(acme):
		b.errorAt(b.place, "add acme = true, or certificate and key, or self_signed = true to try it out", "the tls block names no certificate")
	}
}

// without is a site that has no tls block.
type without struct {
	place    hcl.Range
	instance string
}

// lacksTLS notes down a site without a tls block: whether it needs one, the edge
// block says.
func (l *loader) lacksTLS(place hcl.Range) {
	l.without = append(l.without, without{place, l.instance})
	if l.note != nil {
		l.note.spoilt = true
	}
}

// needTLS reports the sites without a tls block.
func (l *loader) needTLS() {
	around := l.instance
	for _, site := range l.without {
		l.instance = site.instance
		l.errorAt(site.place, "add tls { certificate = …  key = … }, or tls { self_signed = true } to try it out", "the site has no tls block")
	}
	l.instance = around
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

func (b *block) certificate(tls *site.TLS, certificate, key *argument) {
	certFile, certPath, haveCert := b.pemFile(certificate)
	keyFile, keyPath, haveKey := b.pemFile(key)
	tls.Certificate, tls.Key = certPath, keyPath
	if !haveCert || !haveKey {
		return
	}
	files := pairFiles{certPath, keyPath}
	pair, err := b.pair(files)
	if err != nil {
		b.certificateError(err, named{certificate, certFile}, named{key, keyFile})
		return
	}
	b.use(files, pair)
	b.checkDates(pair, certFile)
	for _, name := range b.around.model.(*siteDraft).names {
		if pair.Leaf.VerifyHostname(name.text) != nil {
			b.warnAt(name.place, fmt.Sprintf("browsers will refuse it: the certificate is for %s", covered(pair)),
				"certificate %q does not cover %s", certFile.text, name.text)
		}
	}
}

// pemFile is a file that must exist now, and that the site is made of.
func (b *block) pemFile(a *argument) (written located, path string, ok bool) {
	if !b.holds(a) {
		b.lacks(a)
		return located{}, "", false
	}
	if written, ok = b.text(a); !ok {
		return located{}, "", false
	}
	if path, ok = b.pathOf(a.name, written); !ok {
		return written, "", false
	}
	b.madeOf(path)
	if found := b.look(path); found.problem != "" {
		b.errorAt(written.place, lookedAt(written, path), "%s %q %s", a.name, written.text, found.problem)
		return written, path, false
	}
	return written, path, true
}

// named is a file with the argument that names it.
type named struct {
	*argument
	file located
}

func (b *block) certificateError(err error, certificateFile, keyFile named) {
	at, detail, remedy := certificateFile, err.Error(), ""
	var problem *certificate.Error
	if errors.As(err, &problem) {
		detail, remedy = problem.Detail, problem.Remedy
		if problem.InKey {
			at = keyFile
		}
		if problem.Kind == certificate.Mismatch {
			detail = fmt.Sprintf("does not match %s %q", certificateFile.name, certificateFile.file.text)
		}
	}
	b.errorAt(at.file.place, remedy, "%s %q %s", at.name, at.file.text, detail)
}

func (b *block) checkDates(pair certificate.Pair, file located) {
	begin, end := pair.Leaf.NotBefore.UTC().Format(time.DateOnly), pair.Leaf.NotAfter.UTC().Format(time.DateOnly)
	switch validityOf(pair, b.now()) {
	case expired:
		b.warnAt(file.place, "browsers will refuse it: renew it", "certificate %q expired on %s", file.text, end)
	case notYetValid:
		b.warnAt(file.place, "browsers will refuse it until then", "certificate %q is not valid before %s", file.text, begin)
	case endsSoon:
		b.warnAt(file.place, "renew it", "certificate %q expires on %s", file.text, end)
	}
}

// validity is what the dates of a certificate say at a time.
type validity int

const (
	valid validity = iota
	expired
	notYetValid
	endsSoon
)

func validityOf(pair certificate.Pair, now time.Time) validity {
	switch left := pair.Leaf.NotAfter.Sub(now); {
	case left <= 0:
		return expired
	case now.Before(pair.Leaf.NotBefore):
		return notYetValid
	case left < certificate.Notice:
		return endsSoon
	}
	return valid
}

// covered lists whom a certificate is for.
func covered(pair certificate.Pair) string {
	var names []string
	names = append(names, pair.Leaf.DNSNames...)
	for _, ip := range pair.Leaf.IPAddresses {
		names = append(names, ip.String())
	}
	switch {
	case len(names) == 0:
		return "no host"
	case len(names) > 4:
		return fmt.Sprintf("%s and %d more", names[0], len(names)-1)
	}
	return oneOf(names)
}
