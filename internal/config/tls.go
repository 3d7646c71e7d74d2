package config

import (
	"errors"
	"fmt"
	"time"

	"edgegen/internal/certificate"
	"edgegen/internal/site"
)

// expiryNotice is how long before its end a certificate gets a warning.
const expiryNotice = 14 * day

// tls decodes a site's tls block, which it must have. The certificate and its
// key must be good; dates and names are worth a warning, because a site may
// be tried out with any certificate.
func (b *block) tls(names []located) site.TLS {
	t := b.one("tls")
	result := site.TLS{Source: t.source(), SelfSigned: t.flag("self_signed")}
	result.MinVersion = t.minVersion()
	switch given := t.has("certificate") || t.has("key"); {
	case !t.present() && b.has("tls"): // it is written as an argument, which has been reported
	case !t.present():
		b.errorAt(b.place, "add tls { certificate = …  key = … }, or tls { self_signed = true } to try it out", "the site has no tls block")
	case given && result.SelfSigned:
		t.errorAt(t.nameOf("self_signed"), "keep one of the two", "self_signed stands beside a certificate")
	case given:
		t.certificate(&result, names)
	case !result.SelfSigned && !t.wrong("self_signed"):
		t.errorAt(t.place, "add certificate and key, or self_signed = true to try it out", "the tls block names no certificate")
	}
	return result
}

// wrong reports whether the argument is there and not even of its kind, which
// has been reported.
func (b *block) wrong(name string) bool {
	expression, ok := b.argument(name)
	if !ok {
		return false
	}
	kind, _ := kindOf(unwrap(expression))
	return kind != "true" && kind != "false"
}

func (b *block) minVersion() string {
	version, ok := b.text("min_version")
	switch {
	case !ok:
		return "1.2"
	case version.text == "1.2" || version.text == "1.3":
		return version.text
	}
	b.errorAt(version.place, `write "1.2" or "1.3"; older versions are not safe`, "min_version cannot be %q", version.text)
	return "1.2"
}

func (b *block) certificate(result *site.TLS, names []located) {
	certFile, certPath, haveCert := b.pemFile("certificate", `"server.crt"`)
	keyFile, keyPath, haveKey := b.pemFile("key", `"server.key"`)
	result.Certificate, result.Key = certPath, keyPath
	if !haveCert || !haveKey {
		return
	}
	files := pairFiles{certPath, keyPath}
	pair, err := b.pair(files)
	if err != nil {
		b.certificateError(err, certFile, keyFile)
		return
	}
	b.use(files, pair)
	b.checkDates(pair, certFile)
	for _, name := range names {
		if pair.Leaf.VerifyHostname(name.text) != nil {
			b.warnAt(name.place, fmt.Sprintf("browsers will refuse it: the certificate is for %s", covered(pair)),
				"certificate %q does not cover %s", certFile.text, name.text)
		}
	}
}

// pemFile is a file that must exist now, and that the site is made of.
func (b *block) pemFile(name, example string) (written located, path string, ok bool) {
	if !b.required(name, example) {
		return located{}, "", false
	}
	if written, ok = b.text(name); !ok {
		return located{}, "", false
	}
	if path, ok = b.pathOf(name, written); !ok {
		return written, "", false
	}
	b.madeOf(path)
	if found := b.look(path); found.problem != "" {
		b.errorAt(written.place, lookedAt(written, path), "%s %q %s", name, written.text, found.problem)
		return written, path, false
	}
	return written, path, true
}

func (b *block) certificateError(err error, certFile, keyFile located) {
	var problem *certificate.Error
	if !errors.As(err, &problem) {
		b.errorAt(certFile.place, "", "certificate %q: %v", certFile.text, err)
		return
	}
	name, value, detail := "certificate", certFile, problem.Detail
	if problem.InKey {
		name, value = "key", keyFile
	}
	if problem.Kind == certificate.Mismatch {
		detail = fmt.Sprintf("does not match certificate %q", certFile.text)
	}
	b.errorAt(value.place, problem.Remedy, "%s %q %s", name, value.text, detail)
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
	case left < expiryNotice:
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
