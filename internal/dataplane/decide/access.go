package decide

import (
	"encoding/base64"
	"slices"
	"strings"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// Credentials are those of a request that has some once (RFC 7617).
func Credentials(h wire.Header) (user, password string, ok bool) {
	if h.Count("Authorization") != 1 {
		return "", "", false
	}
	scheme, encoded, _ := strings.Cut(h.Get("Authorization"), " ")
	if !wire.EqualFold(scheme, "Basic") {
		return "", "", false
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.Trim(encoded, " "))
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(decoded), ":")
}

// Bring gives a request what is known of who sends it, in place of what the client has
// sent under these names, or under others that many apps cannot tell from them.
func Bring(h *wire.Header, names []string, brings wire.Header) {
	if len(names) == 0 {
		return
	}
	h.Filter(func(field wire.Field) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return alike(field.Name, name) })
	})
	*h = append(*h, brings...)
}

// Certificate is what an app is told of the certificate that a client shows; without a
// fingerprint, that it shows none.
func Certificate(subject, fingerprint string) wire.Header {
	if fingerprint == "" {
		return wire.Header{{Name: site.CertVerify, Value: site.CertNone}}
	}
	return wire.Header{{Name: site.CertVerify, Value: site.CertVerified}, {Name: site.CertSubject, Value: subject},
		{Name: site.CertFingerprint, Value: fingerprint}}
}

// alike compares names without regard to case, and takes "_" for "-".
func alike(name, other string) bool {
	return len(name) == len(other) && (wire.EqualFold(name, other) || wire.EqualFold(strings.ReplaceAll(name, "_", "-"), other))
}
