package dataplane

import (
	"crypto/tls"
	"net/http"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/sitetls"
	"edgegen/internal/dataplane/wire"
)

// challenged answers an authority that wants to know whether a name leads here.
func (p *Plane) challenged(x *exchange) (answer, bool) {
	if p.options.Challenge == nil || x.Method != http.MethodGet {
		return answer{}, false
	}
	text, ok := p.options.Challenge.Answer(x.Target)
	if !ok {
		return answer{}, false
	}
	x.cache, x.tier = "PASS", "web"
	return answer{close: x.Body != nil, Response: &wire.Response{Status: http.StatusOK, Length: int64(len(text)), Body: wire.NewBytes([]byte(text)),
		Header: wire.Header{{Name: "Content-Type", Value: "application/octet-stream"}, {Name: "X-Cache", Value: x.cache}}}}, true
}

// relayedChallenge answers a native web tier, which asks the cache tier for what is not
// found here.
func (p *Plane) relayedChallenge(x *exchange) answer {
	x.Client, _ = decide.ParseAddress(x.Header.Get("X-Real-IP"))
	x.ID = decide.NewID()
	a, ok := p.challenged(x)
	if !ok {
		x.others = true
		a = answer{Response: answers.Failure(http.StatusNotFound), close: x.Body != nil}
	}
	return a
}

// challengeConfig is the configuration for a handshake by which an authority looks
// whether a name leads here. It is nil for any other handshake, and where no authority
// was asked for a certificate.
func (p *Plane) challengeConfig(hello *tls.ClientHelloInfo) *tls.Config {
	if p.options.Challenge == nil || len(hello.SupportedProtos) != 1 || hello.SupportedProtos[0] != ChallengeProtocol {
		return nil
	}
	shown := p.options.Challenge.Certificate(hello.ServerName)
	if shown == nil {
		return nil
	}
	config := sitetls.Modern()
	config.NextProtos, config.Certificates = []string{ChallengeProtocol}, []tls.Certificate{*shown}
	return config
}
