package backends

import (
	"crypto/tls"
	"fmt"

	"edgegen/internal/certificate"
	"edgegen/internal/site"
)

// secureKey tells ways of speaking TLS from one another.
type secureKey struct {
	site.BackendTLS
	name string // whom the certificate is to be for
}

func keyOfTLS(t site.BackendTLS, server site.Server) secureKey {
	t.Source = site.Source{}
	name := t.ServerName
	if name == "" {
		name = server.Host
	}
	return secureKey{t, name}
}

// secure is how a server is spoken to, nil without TLS. What was made of the same
// files before is used again, with the sessions that servers have let resume.
func (p *Plan) secure(t site.BackendTLS, server site.Server) (*tls.Config, error) {
	if !server.TLS {
		return nil, nil
	}
	key := keyOfTLS(t, server)
	if known := p.configs[key]; known != nil {
		return known, nil
	}
	if before := p.watch.current; before != nil && before.configs[key] != nil {
		p.configs[key] = before.configs[key]
		return p.configs[key], nil
	}
	config := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         key.name,
		NextProtos:         []string{"http/1.1"},
		InsecureSkipVerify: !t.Verify,
		ClientSessionCache: tls.NewLRUClientSessionCache(64),
	}
	if t.CA != "" {
		roots, err := certificate.LoadRoots(t.CA)
		if err != nil {
			return nil, fmt.Errorf("read the authorities of a backend: %w", err)
		}
		config.RootCAs = roots.Pool
	}
	if t.Certificate != "" {
		pair, err := certificate.Load(t.Certificate, t.Key)
		if err != nil {
			return nil, fmt.Errorf("read the certificate for a backend: %w", err)
		}
		own, err := pair.TLS()
		if err != nil {
			return nil, fmt.Errorf("use the certificate for a backend: %w", err)
		}
		config.Certificates = []tls.Certificate{own}
	}
	p.configs[key] = config
	return config, nil
}
