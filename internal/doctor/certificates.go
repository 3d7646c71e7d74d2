package doctor

import (
	"crypto/x509"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"edgegen/internal/acme"
	"edgegen/internal/api"
	"edgegen/internal/certificate"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
	"edgegen/internal/vault"
)

func (x *examination) examineCertificates() []Line {
	switch {
	case !x.hasSite:
		return nil
	case x.edge.Plain():
		return []Line{{LevelOK, "none", "nobody ends TLS here: engine.tls is off", ""}}
	}
	var lines []Line
	for i := range x.edge.Sites {
		s := &x.edge.Sites[i]
		hosts := s.CertificateNames()
		if s.TLS.Clients.Asked() {
			lines = append(lines, x.examineClients(s))
		}
		if s.TLS.SelfSigned {
			lines = append(lines, x.examineLocal(s, hosts))
			continue
		}
		if s.TLS.ACME {
			lines = append(lines, x.examineOrdered(s, hosts))
			continue
		}
		for n := range s.TLS.Certificates {
			lines = append(lines, x.examineGiven(s, hosts, n))
		}
	}
	return lines
}

// examineGiven tells of one of the certificates that a site names by files.
func (x *examination) examineGiven(s *site.Site, hosts []string, n int) Line {
	pair, err := certificate.Load(s.TLS.Certificates[n], s.TLS.Keys[n])
	if err != nil {
		return Line{LevelProblem, s.Host, err.Error(), ""}
	}
	line := judgeCertificate(hosts, pair.Leaf, x.now)
	if len(s.TLS.Certificates) > 1 {
		line.Text = pair.KeyKind() + ", " + line.Text
	}
	return line
}

// examineClients tells of whom a site asks its clients for.
func (x *examination) examineClients(s *site.Site) Line {
	said := s.TLS.Clients
	clients, err := certificate.NewClients(certificate.ClientFiles{Authorities: said.Authorities, Revoked: said.Revoked})
	if err != nil {
		return Line{LevelProblem, s.Host, err.Error(), ""}
	}
	line := Line{LevelOK, s.Host, "clients may show a certificate", ""}
	if said.Required {
		line.Text = "clients have to show a certificate"
	}
	switch what, end := clients.Ends(); {
	case end.IsZero():
	case !x.now.Before(end):
		line.Level, line.Remedy = LevelProblem, "put a newer one in its place: nobody comes in by it"
		line.Text += fmt.Sprintf("; %s ended on %s", what, end.UTC().Format(time.DateTime))
	default:
		line.Text += fmt.Sprintf("; %s is good until %s", what, end.UTC().Format(time.DateTime))
	}
	return line
}

// renewIt is to be done about a certificate that ends soon, and has nothing else.
const renewIt = "renew it"

// judgeCertificate looks at names and dates; the first host is the subject.
func judgeCertificate(hosts []string, leaf *x509.Certificate, now time.Time) Line {
	line := Line{Level: LevelOK, Subject: hosts[0],
		Text: fmt.Sprintf("for %s, from %s, %s", covered(leaf), issuer(leaf), ends(leaf, now))}
	for _, host := range hosts {
		if leaf.VerifyHostname(host) != nil {
			line.Level, line.Remedy = LevelWarning, fmt.Sprintf("request one for %s too; browsers refuse this one there", host)
			break
		}
	}
	switch {
	case !now.Before(leaf.NotAfter):
		line.Level, line.Remedy = LevelProblem, "renew it; browsers refuse it"
	case now.Before(leaf.NotBefore):
		line.Level, line.Remedy = LevelProblem, "browsers refuse it until "+leaf.NotBefore.UTC().Format(time.DateOnly)
	case leaf.NotAfter.Sub(now) < certificate.Notice && line.Remedy == "":
		line.Level, line.Remedy = LevelWarning, renewIt
	}
	return line
}

// examineOrdered tells what an authority has given to a site, and what is in the way of
// more.
func (x *examination) examineOrdered(s *site.Site, hosts []string) Line {
	if hook := s.TLS.DNSHook; len(hook) > 0 {
		program := hook[0]
		if strings.Contains(program, "/") && !filepath.IsAbs(program) {
			program = filepath.Join(s.TLS.DNSHookDir, program)
		}
		if _, err := exec.LookPath(program); err != nil {
			return Line{LevelProblem, s.Host, fmt.Sprintf("acme: dns_hook cannot be run: %v", err), "see that the program is there, and may be executed"}
		}
	}
	line := x.examineKept(s, hosts)
	if told := x.toldOf(s.Host); told.Problem != "" {
		line.Level, line.Remedy = LevelProblem, told.Problem
		if !told.Waiting && x.now.Before(told.NotAfter) {
			line.Level = LevelWarning
		}
		if told.Next != nil {
			line.Remedy += fmt.Sprintf("; tried again at %s", told.Next.UTC().Format(time.DateTime))
		}
	}
	return line
}

// toldOf is what the edge that runs tells of a site's certificate; the zero value where
// none does.
func (x *examination) toldOf(host string) (told api.CertificateStatus) {
	if x.running == nil {
		return told
	}
	for _, c := range x.running.Certificates {
		if c.Site == host {
			return c
		}
	}
	return told
}

// examineKept tells what an authority has given.
func (x *examination) examineKept(s *site.Site, hosts []string) Line {
	directory := x.edge.ACME.Directory
	if store := x.edge.ACME.Store; store != "" {
		if err := vault.Check(store); err != nil {
			return Line{LevelProblem, s.Host, "acme: " + err.Error(), "edgegen up serves what it has, and asks for nothing before the store is there"}
		}
	}
	pair, ok := acme.Store{Dir: statedir.ACMEDir(x.dir)}.Pair(directory, hosts, x.now)
	if !ok {
		return Line{LevelNote, s.Host, "acme: nothing has been given yet by " + directory,
			"edgegen up asks for it, and serves one of the local authority until it comes"}
	}
	line := judgeCertificate(hosts, pair.Leaf, x.now)
	line.Text = "acme: " + line.Text
	if line.Remedy == renewIt { // which edgegen up does in time
		line.Remedy = "edgegen status says why it has not been renewed"
		if life := pair.Leaf.NotAfter.Sub(pair.Leaf.NotBefore); pair.Leaf.NotAfter.Sub(x.now) > life/4 { // it lives for days
			line.Level, line.Remedy = LevelOK, ""
		}
	}
	return line
}

// examineLocal tells what a self-signed site serves, or would.
func (x *examination) examineLocal(s *site.Site, hosts []string) Line {
	local, err := certificate.Look(statedir.AuthorityDir(x.dir), hosts)
	switch {
	case err != nil:
		return Line{LevelProblem, s.Host, "self-signed: " + err.Error(), "start edgegen as the owner of the state directory"}
	case local.Root == nil:
		return Line{LevelNote, s.Host, "self-signed: made by the next start, and a local authority with it",
			believe}
	case local.Leaf == nil:
		return Line{LevelNote, s.Host, "self-signed: made by the next start", believe}
	}
	return Line{LevelOK, s.Host, fmt.Sprintf("self-signed, for %s, %s; made anew in time", covered(local.Leaf), ends(local.Leaf, x.now)),
		believe}
}

// believe is what to do about a certificate of the local authority.
const believe = "browsers warn until edgegen trust has this machine believe its root"

// ends tells when a certificate expires.
func ends(leaf *x509.Certificate, now time.Time) string {
	date := leaf.NotAfter.UTC().Format(time.DateOnly)
	const day = 24 * time.Hour
	switch left := leaf.NotAfter.Sub(now); {
	case left <= 0 && left > -day:
		return "expired on " + date
	case left <= 0:
		return fmt.Sprintf("expired on %s, %s ago", date, count(int(-left/day), "day"))
	case left < day:
		return "expires within a day"
	default:
		return fmt.Sprintf("expires on %s, in %s", date, count(int(left/day), "day"))
	}
}

// covered lists whom a certificate is for.
func covered(leaf *x509.Certificate) string {
	names := leaf.DNSNames
	for _, ip := range leaf.IPAddresses {
		names = append(names[:len(names):len(names)], ip.String())
	}
	const shown = 4
	switch {
	case len(names) == 0:
		return "no host"
	case len(names) > shown:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown-1], ", "), len(names)-shown+1)
	}
	return strings.Join(names, ", ")
}

func issuer(leaf *x509.Certificate) string {
	if leaf.Issuer.CommonName != "" {
		return leaf.Issuer.CommonName
	}
	return leaf.Issuer.String()
}
