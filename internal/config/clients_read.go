package config

import (
	"crypto/sha256"
	"fmt"

	"edgegen/internal/certificate"
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
