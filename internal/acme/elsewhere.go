package acme

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"strings"
	"time"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"

	"edgegen/internal/vault"
)

// challenges is the folder of a vault with what an authority may ask any edge for.
const challenges = "challenges"

// challengeTime is how long the answer to an authority may be looked for in a vault.
const challengeTime = 3 * time.Second

// tokenName is what a challenge is kept under that is asked for on plain HTTP.
func tokenName(asked acme.Challenge) string { return challenges + "/http-" + sum(asked.Token) }

// shownName is what one is kept under that is asked for in a handshake.
func shownName(asked acme.Challenge) string {
	return challenges + "/tls-" + sum(asksFor(asked.Identifier))
}

// toAll has any edge answer what one is asked to prove.
func (w *wanted) toAll(own acmez.Solver, name func(acme.Challenge) string) acmez.Solver {
	if w.authority.Vault == nil {
		return own
	}
	return byAll{own, w.authority.Vault, name}
}

// byAll answers at whichever edge the authority reaches.
type byAll struct {
	own   acmez.Solver
	vault vault.Vault
	name  func(acme.Challenge) string
}

// given is a challenge in a vault.
type given struct {
	acme.Challenge
	Until time.Time // when no authority asks for it any more, whatever has become of the edge
}

func (a byAll) Present(ctx context.Context, asked acme.Challenge) error {
	a.tidy(ctx)
	text, err := json.Marshal(given{asked, time.Now().Add(orderTime)})
	if err != nil {
		return err
	}
	if err := a.vault.Write(ctx, a.name(asked), text); err != nil {
		return err
	}
	return a.own.Present(ctx, asked)
}

func (a byAll) CleanUp(ctx context.Context, asked acme.Challenge) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), challengeTime)
	defer cancel()
	_ = a.vault.Remove(ctx, a.name(asked)) // whoever tidies removes it later
	return a.own.CleanUp(ctx, asked)
}

// tidy removes what edges that died have left.
func (a byAll) tidy(ctx context.Context) {
	all, err := a.vault.Versions(ctx, challenges)
	if err != nil {
		return // so does the next one
	}
	for name := range all {
		text, err := a.vault.Read(ctx, name)
		var g given
		if err == nil && (json.Unmarshal(text, &g) != nil || time.Now().After(g.Until.Add(orderTime))) {
			_ = a.vault.Remove(ctx, name) // likewise
		}
	}
}

// Answer is Challenges.Answer, of all edges.
func (m *Manager) Answer(target string) (text string, ok bool) {
	if text, ok = m.Challenges.Answer(target); ok {
		return text, true
	}
	token, under := strings.CutPrefix(target, ChallengePath)
	if !under || token == "" || len(token) > 256 {
		return "", false
	}
	asked, ok := m.atAnother(tokenName(acme.Challenge{Token: token}))
	return asked.KeyAuthorization, ok && asked.Token == token && strings.HasPrefix(asked.KeyAuthorization, token+".")
}

// Certificate is Challenges.Certificate, of all edges.
func (m *Manager) Certificate(name string) *tls.Certificate {
	if shown := m.Challenges.Certificate(name); shown != nil {
		return shown
	}
	name = strings.ToLower(name)
	asked, ok := m.atAnother(challenges + "/tls-" + sum(name))
	if !ok || asksFor(asked.Identifier) != name {
		return nil
	}
	shown, err := acmez.TLSALPN01ChallengeCert(asked)
	if err != nil {
		return nil // it is damaged
	}
	return shown
}

// atAnother looks for a challenge in the vault, where there is one. Anybody can ask, so
// that only a few look at a time.
func (m *Manager) atAnother(name string) (acme.Challenge, bool) {
	m.mu.Lock()
	v, needed := m.authority.Vault, len(m.wanted) > 0
	m.mu.Unlock()
	if v == nil || !needed {
		return acme.Challenge{}, false
	}
	ctx, cancel := context.WithTimeout(m.life, challengeTime)
	defer cancel()
	select {
	case m.elsewhere <- struct{}{}:
		defer func() { <-m.elsewhere }()
	case <-ctx.Done():
		return acme.Challenge{}, false
	}
	text, err := v.Read(ctx, name)
	var g given
	if err != nil || json.Unmarshal(text, &g) != nil || time.Now().After(g.Until.Add(orderTime)) {
		return acme.Challenge{}, false
	}
	return g.Challenge, true
}
