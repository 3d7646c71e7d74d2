package dataplane

import (
	"crypto/tls"
	"errors"
	"strings"

	"edgegen/internal/dataplane/sitetls"
)

// tlsConfig is the configuration of every connection; it looks up the model
// in force, so that a new certificate is served from the next handshake on.
func (p *Plane) tlsConfig() *tls.Config {
	outer := sitetls.Modern()
	outer.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		chosen, err := p.named(hello)
		if err != nil {
			return nil, err
		}
		if challenge := p.challengeConfig(hello); challenge != nil {
			return challenge, nil
		}
		if asked, ok := hello.Context().Value(asker{}).(*asker); ok {
			asked.by = chosen
		}
		return chosen.Config, nil
	}
	return outer
}

// named is the configuration of the site that a client names, of the model in force.
func (p *Plane) named(hello *tls.ClientHelloInfo) (*sitetls.Site, error) {
	t := p.model.Load().tls
	if t == nil {
		return nil, errors.New("no certificates")
	}
	return t.Of(strings.TrimSuffix(strings.ToLower(hello.ServerName), ".")), nil
}

// asker is told, by way of the context of a handshake, whose site it is with. It is
// also the key by which it is found there.
type asker struct{ by *sitetls.Site }
