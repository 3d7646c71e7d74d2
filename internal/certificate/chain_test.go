package certificate

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"edgegen/test/party"
)

// signedBy makes a certificate for a name; by is nil for one that signs itself.
func signedBy(t *testing.T, name string, by *party.Party, change func(*x509.Certificate)) *party.Party {
	t.Helper()
	return by.Signs(t, 1, func(c *x509.Certificate) {
		c.Subject, c.DNSNames, c.ExtKeyUsage = pkix.Name{CommonName: name}, []string{"vzine.us"}, nil
		c.NotBefore, c.NotAfter = time.Unix(1_700_000_000, 0), time.Unix(1_900_000_000, 0)
		change(c)
	})
}

// C7: a chain is put into order, what does not belong to it is left out, and a gap is
// refused by the name of what is missing.
func TestC7Chain(t *testing.T) {
	authority := func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }
	nothing := func(*x509.Certificate) {}
	forum, err := x509.OIDFromInts([]uint64{2, 23, 140, 1, 2, 1})
	if err != nil {
		t.Fatal(err)
	}
	public := func(c *x509.Certificate) {
		c.Policies, c.IssuingCertificateURL = []x509.OID{forum}, []string{"http://ca.test/lower.crt"}
	}
	root := signedBy(t, "root", nil, authority)
	upper := signedBy(t, "upper", root, authority)
	lower := signedBy(t, "lower", upper, authority)
	stranger := signedBy(t, "stranger", nil, authority)
	leaf, forAll := signedBy(t, "leaf", lower, nothing), signedBy(t, "forall", lower, public)
	fromRoot := signedBy(t, "own", root, nothing)
	for _, test := range []struct {
		name          string
		leaf          *party.Party
		others        []*party.Party
		chain         string
		lacks, remedy string
	}{
		{name: "in order", leaf: leaf, others: []*party.Party{lower, upper}, chain: "leaf lower upper"},
		{name: "in disorder, with strangers and twice", leaf: leaf, others: []*party.Party{root, stranger, upper, lower, lower, fromRoot}, chain: "leaf lower upper root"},
		{name: "signed by a root that clients have", leaf: fromRoot, chain: "own"},
		{name: "signs itself, beside a stranger", leaf: root, others: []*party.Party{stranger}, chain: "root"},
		{name: "alone, by somebody who may be a root", leaf: leaf, chain: "leaf"},
		{name: "alone, of an authority for browsers", leaf: forAll, lacks: `"lower", which has signed it`, remedy: "http://ca.test/lower.crt"},
		{name: "a gap after the first", leaf: leaf, others: []*party.Party{upper}, lacks: `"lower", which has signed it`, remedy: "append it"},
		{name: "a gap further up", leaf: leaf, others: []*party.Party{lower, root}, lacks: `"upper", which has signed that of "lower"`, remedy: "append it"},
		{name: "another authority's", leaf: fromRoot, others: []*party.Party{stranger}, lacks: `"root"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			content := []byte(test.leaf.Chain)
			for _, other := range test.others {
				content = join([]byte(other.Chain), content) // the site's own comes last
			}
			dir := t.TempDir()
			pair, err := Load(write(t, dir, "c.pem", content), write(t, dir, "k.pem", pkcs8(t, test.leaf.Key)))
			if test.lacks != "" {
				var e *Error
				if !errors.As(err, &e) || e.Kind != Incomplete || !strings.Contains(e.Detail, test.lacks) || !strings.Contains(e.Remedy, test.remedy) {
					t.Fatalf("got %#v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, c := range pair.Chain {
				names = append(names, c.Subject.CommonName)
			}
			if got := strings.Join(names, " "); got != test.chain {
				t.Errorf("chain %s, want %s", got, test.chain)
			}
			if block, _ := pem.Decode(pair.PEM); string(block.Bytes) != string(test.leaf.Certificate.Raw) {
				t.Error("another certificate comes first")
			}
		})
	}
}
