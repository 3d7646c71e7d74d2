package certificate

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"time"
)

// ClientFiles is what is read to verify the certificates of clients, as PEM.
type ClientFiles struct {
	Authorities string
	Revoked     string // "" where no list is looked at
}

// ReadClients reads the authorities of clients' certificates from a file and, where
// another one is named, lists of what they have revoked. Every error is an *Error; its
// InKey says that the fault lies in the lists. Warnings are about dates and about lists
// that no authority of the file has made.
func ReadClients(authorities, revoked string, now time.Time) (files ClientFiles, warnings []*Error, err error) {
	content, err := readFile(authorities, false, maxFile)
	if err != nil {
		return ClientFiles{}, nil, err
	}
	roots, err := parseChain(authorities, content, "write the certificate of whoever signs those of the clients as PEM")
	if err != nil {
		return ClientFiles{}, nil, err
	}
	for _, root := range roots {
		if root.BasicConstraintsValid && !root.IsCA || root.Version == 3 && !root.BasicConstraintsValid {
			return ClientFiles{}, nil, &Error{Kind: Malformed, File: authorities, Detail: fmt.Sprintf("holds the certificate of %q, which is no authority", NameOf(root.Subject)),
				Remedy: "name a file with the certificate of whoever signs those of the clients"}
		}
		files.Authorities += encoded("CERTIFICATE", root.Raw)
		if !now.Before(root.NotAfter) {
			warnings = append(warnings, &Error{Kind: Malformed, File: authorities, Detail: fmt.Sprintf("holds the certificate of %q, which expired on %s", NameOf(root.Subject), root.NotAfter.UTC().Format(time.DateOnly)),
				Remedy: "put the one in its place that follows it: nobody comes in by it"})
		}
	}
	if revoked == "" {
		return files, warnings, nil
	}
	lists, err := readLists(revoked)
	if err != nil {
		return ClientFiles{}, nil, err
	}
	for _, list := range lists {
		files.Revoked += encoded("X509 CRL", list.Raw)
	}
	more, err := checkLists(revoked, roots, lists, now)
	return files, append(warnings, more...), err
}

func encoded(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// maxLists is how large a file of lists may be: those of large authorities have
// hundreds of thousands of entries.
const maxLists = 32 << 20

func readLists(file string) ([]*x509.RevocationList, error) {
	content, err := readFile(file, true, maxLists)
	if err != nil {
		return nil, err
	}
	fail := func(kind Kind, detail, remedy string, cause error) error {
		return &Error{Kind: kind, File: file, InKey: true, Detail: detail, Remedy: remedy, Err: cause}
	}
	whole, damaged := blocks(content)
	if contains(damaged, "CRL") {
		return nil, fail(Malformed, "holds a revocation list that is damaged", "copy the file again; it may be cut short", nil)
	}
	var lists []*x509.RevocationList
	for _, block := range whole {
		if block.Type != "X509 CRL" {
			continue
		}
		list, err := x509.ParseRevocationList(block.Bytes)
		if err != nil {
			return nil, fail(Malformed, "holds a revocation list that cannot be decoded", "copy the file again; it may be cut short", err)
		}
		for _, extension := range list.Extensions {
			if extension.Critical { // such as that it is about some certificates alone, or about what has changed
				return nil, fail(Malformed, fmt.Sprintf("holds a list of %q that is about a part of its certificates alone", NameOf(list.Issuer)), "take the authority's full list", nil)
			}
		}
		lists = append(lists, list)
	}
	if len(lists) > 0 {
		return lists, nil
	}
	if _, err := x509.ParseRevocationList(content); err == nil {
		return nil, fail(NoPEM, "is a revocation list in DER form, not PEM", "convert it: openssl crl -inform der -in FILE -out FILE.pem", nil)
	}
	return nil, fail(NoPEM, "holds no PEM revocation list", "write the list as PEM, which begins with -----BEGIN X509 CRL-----", nil)
}

// checkLists checks that there is a list of each authority: a client whose certificate
// can be looked up in no list does not come in.
func checkLists(file string, roots []*x509.Certificate, lists []*x509.RevocationList, now time.Time) (warnings []*Error, err error) {
	problem := func(kind Kind, remedy, format string, args ...any) *Error {
		return &Error{Kind: kind, File: file, InKey: true, Detail: fmt.Sprintf(format, args...), Remedy: remedy}
	}
	for _, root := range roots {
		if listOf(root, lists) == nil {
			return nil, problem(Incomplete, "append the list of that authority: nobody with a certificate of it could come in", "has no list of %q", NameOf(root.Subject))
		}
	}
	for _, list := range lists {
		made := func(root *x509.Certificate) bool { return listOf(root, []*x509.RevocationList{list}) != nil }
		if !slices.ContainsFunc(roots, made) {
			warnings = append(warnings, problem(Incomplete, "leave it out, unless clients show the certificate of that one with their own", "has a list of %q, which is none of the authorities", NameOf(list.Issuer)))
		}
		if ended(list, now) {
			warnings = append(warnings, problem(Malformed, "put a newer one in its place: until then nobody with a certificate of that authority comes in", "has a list of %q that ended on %s", NameOf(list.Issuer), list.NextUpdate.UTC().Format(time.DateTime)))
		}
	}
	return warnings, nil
}

// ended reports whether an authority should have made another list by now.
func ended(list *x509.RevocationList, now time.Time) bool {
	return !list.NextUpdate.IsZero() && !now.Before(list.NextUpdate)
}

// listOf is the newest list that an authority has made; nil where there is none.
func listOf(issuer *x509.Certificate, lists []*x509.RevocationList) *x509.RevocationList {
	var found *x509.RevocationList
	for _, list := range lists {
		if bytes.Equal(list.RawIssuer, issuer.RawSubject) && (found == nil || list.ThisUpdate.After(found.ThisUpdate)) && list.CheckSignatureFrom(issuer) == nil {
			found = list
		}
	}
	return found
}
