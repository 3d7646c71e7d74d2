package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"edgegen/internal/atomicfile"
)

// names are the subjects of a leaf, sorted and without duplicates.
type names struct {
	first     string // the first host as it was asked for
	dns       []string
	addresses []netip.Addr
}

// Issue returns a certificate for the hosts: DNS names and IP addresses, an
// IPv6 one with or without brackets; "localhost" stands for 127.0.0.1 and ::1
// too. It is stored, and the same one is returned for the same set of hosts
// until 30 days before it expires. It is an error to ask for no host.
func (a *Authority) Issue(hosts []string) (Pair, error) {
	subject, err := parseHosts(hosts)
	if err != nil {
		return Pair{}, err
	}
	var pair Pair
	err = a.locked(func() error {
		file := filepath.Join(a.dir, subject.fileName())
		// A stored leaf that cannot be read is worth no error: it is made anew.
		if stored, err := Load(file, file); err == nil && a.usable(stored, subject) {
			pair = stored
			return nil
		}
		made, err := a.issue(subject)
		if err != nil {
			return err
		}
		pair = made
		return atomicfile.Write(file, made.PEM, 0o600)
	})
	if err != nil {
		return Pair{}, fmt.Errorf("issue a certificate for %s: %w", subject.first, err)
	}
	return pair, nil
}

func (a *Authority) issue(subject names) (Pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, err
	}
	serial, err := newSerial()
	if err != nil {
		return Pair{}, err
	}
	begin := a.now().Add(-backdate).UTC().Truncate(time.Second)
	end := begin.Add(leafLife)
	if end.After(a.root.Leaf.NotAfter) {
		end = a.root.Leaf.NotAfter
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: commonName(subject.first)},
		NotBefore:             begin,
		NotAfter:              end,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              subject.dns,
	}
	for _, address := range subject.addresses {
		template.IPAddresses = append(template.IPAddresses, address.AsSlice())
	}
	return sign(template, a.root.Leaf, key, a.key)
}

// usable reports whether a stored leaf still serves for the subject.
func (a *Authority) usable(stored Pair, subject names) bool {
	if !a.signedBy(stored.Leaf) || a.now().Before(stored.Leaf.NotBefore) || !a.now().Add(renewal).Before(stored.Leaf.NotAfter) {
		return false
	}
	var addresses []netip.Addr
	for _, ip := range stored.Leaf.IPAddresses {
		address, ok := netip.AddrFromSlice(ip)
		if !ok {
			return false
		}
		addresses = append(addresses, address.Unmap())
	}
	return slices.Equal(stored.Leaf.DNSNames, subject.dns) && slices.Equal(addresses, subject.addresses)
}

// commonName is limited to 64 bytes by X.509; nothing reads it but people.
func commonName(host string) string {
	if len(host) > 64 {
		return "edgegen"
	}
	return host
}

func parseHosts(hosts []string) (names, error) {
	if len(hosts) == 0 {
		return names{}, errors.New("issue a certificate: no host is named")
	}
	var n names
	for i, host := range hosts {
		host = strings.TrimSuffix(strings.ToLower(host), ".")
		if host == "" || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '/' }) {
			return names{}, fmt.Errorf("issue a certificate: %q is no host name", hosts[i])
		}
		if i == 0 {
			n.first = host
		}
		if address, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
			n.addresses = append(n.addresses, address.Unmap())
			continue
		}
		n.dns = append(n.dns, host)
		if host == "localhost" {
			n.addresses = append(n.addresses, netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback())
		}
	}
	slices.Sort(n.dns)
	n.dns = slices.Compact(n.dns)
	slices.SortFunc(n.addresses, netip.Addr.Compare)
	n.addresses = slices.Compact(n.addresses)
	return n, nil
}

// fileName is the same for the same set of hosts. It begins with a name for
// people; the hash tells apart what that leaves out.
func (n names) fileName() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %v", n.dns, n.addresses))
	var label string
	if len(n.dns) > 0 {
		label = n.dns[0]
	} else {
		label = n.addresses[0].String()
	}
	label = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '_'
	}, label)
	return fmt.Sprintf("leaf-%.60s-%x.pem", label, sum[:6])
}
