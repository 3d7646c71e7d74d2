package config

import (
	"edgegen/internal/site"
)

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
