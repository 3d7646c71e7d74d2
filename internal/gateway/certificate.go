package gateway

import (
	"crypto/tls"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// pair is a certificate with its key, as a Secret has them.
type pair struct {
	secret           key
	certificate, key []byte
}

// readCertificates finds the Secrets of a listener that ends TLS. It serves by those that
// are good, where there is one.
func (b *builder) readCertificates(l *listener) {
	if l.TLS == nil || l.TLS.Mode != nil && *l.TLS.Mode != gatewayv1.TLSModeTerminate {
		l.accepted = verdict{string(gatewayv1.ListenerReasonUnsupportedValue), "TLS has to end here: write tls.mode Terminate"}
		return
	}
	if len(l.TLS.CertificateRefs) == 0 {
		l.accepted = verdict{string(gatewayv1.ListenerReasonUnsupportedValue), "the listener names no certificate in tls.certificateRefs"}
		return
	}
	for _, ref := range l.TLS.CertificateRefs {
		found, v := b.certificate(l.of, ref)
		if v.bad() {
			l.resolved = l.resolved.and(v)
			continue
		}
		l.pairs = append(l.pairs, found)
	}
	if l.resolved.bad() {
		l.partly = len(l.pairs) > 0 && l.takesKind()
	}
}

func (b *builder) certificate(g *gateway, ref gatewayv1.SecretObjectReference) (pair, verdict) {
	invalid := string(gatewayv1.ListenerReasonInvalidCertificateRef)
	if ref.Group != nil && *ref.Group != "" || ref.Kind != nil && *ref.Kind != "Secret" {
		return pair{}, verdict{invalid, fmt.Sprintf("certificates are in Secrets, and %s is of another kind", ref.Name)}
	}
	at := key{g.Namespace, string(ref.Name)}
	if ref.Namespace != nil {
		at.namespace = string(*ref.Namespace)
	}
	if !b.grants.allow(g.kind, g.Namespace, named{"Secret", at.namespace, at.name}) {
		return pair{}, verdict{string(gatewayv1.ListenerReasonRefNotPermitted), fmt.Sprintf("no ReferenceGrant in %s lets %ss of %s name the Secret %s", at.namespace, g.kind, g.Namespace, at.name)}
	}
	secret, found := b.secrets[at]
	if !found {
		return pair{}, verdict{invalid, fmt.Sprintf("there is no Secret %s in %s", at.name, at.namespace)}
	}
	one := pair{at, secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey]}
	if _, err := tls.X509KeyPair(one.certificate, one.key); err != nil { // whose text has nothing of the key
		return pair{}, verdict{invalid, fmt.Sprintf("the Secret %s in %s has no certificate with its key in %s and %s: %v", at.name, at.namespace, corev1.TLSCertKey, corev1.TLSPrivateKeyKey, err)}
	}
	return one, verdict{}
}
