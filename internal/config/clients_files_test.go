package config

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"testing"
	"time"

	"edgegen/test/party"
)

// writeAuthorities makes authorities of clients, and lists of what they have revoked.
func writeAuthorities(t testing.TB, write func(name string, content []byte)) {
	t.Helper()
	now := testNow()
	first, second := newAuthority(t, "first", now.Add(90*day)), newAuthority(t, "second", now.Add(-day))
	write("authority.crt", []byte(first.Chain))
	write("authorities.crt", []byte(first.Chain+second.Chain))
	write("ended.crt", []byte(second.Chain))
	list := newList(t, first, now.Add(day))
	write("authority.crl", listPEM(list))
	write("authority.der", list)
	write("cut.crl", listPEM(list[:len(list)-9]))
	write("ended.crl", listPEM(newList(t, first, now.Add(-time.Minute))))
	write("foreign.crl", append(listPEM(list), listPEM(newList(t, second, now.Add(day)))...))
	write("other.crl", listPEM(newList(t, second, now.Add(day))))
	write("delta.crl", listPEM(newList(t, first, now.Add(day), pkix.Extension{Id: []int{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 1}})))
}

func listPEM(der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}) }

func newAuthority(t testing.TB, name string, end time.Time) *party.Party {
	t.Helper()
	return (*party.Party)(nil).Signs(t, 1, func(c *x509.Certificate) {
		party.Authority(name)(c)
		c.NotBefore, c.NotAfter = end.Add(-180*day), end
	})
}

func newList(t testing.TB, by *party.Party, end time.Time, extensions ...pkix.Extension) []byte {
	t.Helper()
	return by.Lists(t, func(list *x509.RevocationList) {
		list.ThisUpdate, list.NextUpdate, list.ExtraExtensions = end.Add(-30*day), end, extensions
	})
}
