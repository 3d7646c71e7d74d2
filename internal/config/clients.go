package config

import (
	"crypto/sha256"
	"fmt"

	"edgegen/internal/certificate"
	"edgegen/internal/site"
)

// clientsReading is what was read to verify the certificates of clients.
type clientsReading struct {
	files    certificate.ClientFiles
	warnings []*certificate.Error
	err      error
	said     string // names all of that: lists may be large, and many sites name the same ones
}

// clientsFiles names the two files; the second is "" where there is none.
type clientsFiles struct{ authorities, revoked string }

// clients reads them once a load.
func (l *loader) clients(files clientsFiles) clientsReading {
	if done, ok := l.clientsRead[files]; ok {
		return done
	}
	var read clientsReading
	read.files, read.warnings, read.err = certificate.ReadClients(files.authorities, files.revoked, l.now())
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %v", read.files, read.err)
	for _, w := range read.warnings {
		fmt.Fprint(sum, w.Detail)
	}
	read.said = string(sum.Sum(nil))
	l.clientsRead[files] = read
	return read
}

// relies is what a site block that names these files depends on: their content, and the
// warnings about it as of today.
func (r clientsReading) relies(files clientsFiles) reliance {
	return reliance{kind: onClients, name: files.authorities + "\x00" + files.revoked, content: r.said, there: r.err == nil}
}

// readClientAuth reads whether a client without a certificate comes in.
func readClientAuth(b *block, a *argument, tls *site.TLS) {
	tls.Clients.Required = b.word(a) == a.choices[0]
}

// checkClients reads who gives clients their certificates.
func checkClients(b *block, tls *site.TLS) {
	c := &tls.Clients
	ca, crl, auth := b.row(&c.CAFile), b.row(&c.CRLFile), b.row(&c.Required)
	if !b.holds(ca) {
		c.Required = false
		for _, other := range []*argument{crl, auth} {
			if b.holds(other) {
				b.errorAt(b.placeOf(other), "add "+ca.name+" = "+ca.example+", or leave it out", "%s has no effect without %s", other.name, ca.name)
			}
		}
		return
	}
	c.Source = b.sourceOf(b.placeOf(ca))
	caFile, path, ok := b.pemFile(ca)
	crlFile := located{}
	c.CAFile = path
	if b.holds(crl) {
		var there bool
		crlFile, c.CRLFile, there = b.pemFile(crl)
		ok = ok && there
	}
	if ok {
		b.readClients(c, named{ca, caFile}, named{crl, crlFile})
	}
}

func (b *block) readClients(c *site.Clients, ca, crl named) {
	files := clientsFiles{c.CAFile, c.CRLFile}
	read := b.clients(files)
	b.rely(read.relies(files))
	if read.err != nil {
		b.certificateError(read.err, ca, crl)
		return
	}
	for _, w := range read.warnings {
		at := ca
		if w.InKey {
			at = crl
		}
		b.warnAt(at.file.place, w.Remedy, "%s %q %s", at.name, at.file.text, w.Detail)
	}
	c.Authorities, c.Revoked = read.files.Authorities, read.files.Revoked
}

// unheld refuses what nobody would enforce: certificates of clients where somebody else
// ends TLS.
func (l *Loaded) unheld() (found Diagnostics) {
	for i := range l.Edge.Sites {
		if c := l.Edge.Sites[i].TLS.Clients; c.Asked() && l.Edge.Plain() {
			found = append(found, l.Diagnose(c.Source, Error, `nobody would ask clients for a certificate: TLS is ended by somebody else, as engine { tls = "off" } says`,
				"have that one ask, and leave it out here"))
		}
	}
	return found
}
