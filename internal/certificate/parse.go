package certificate

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// maxFile is far above any real chain and keeps a mistaken path from being
// read into memory.
const maxFile = 1 << 20

// readFile reads a plain file. A pipe or a device is refused before it is
// opened, because opening or reading one may never return.
func readFile(file string, inKey bool, most int64) ([]byte, error) {
	fail := func(kind Kind, err error, detail, remedy string) ([]byte, error) {
		return nil, &Error{Kind: kind, File: file, InKey: inKey, Detail: detail, Remedy: remedy, Err: err}
	}
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return fail(Missing, err, "does not exist", "")
	case errors.Is(err, fs.ErrPermission):
		return fail(Unreadable, err, "cannot be read: permission denied", "make it readable for the user who starts edgegen")
	case err != nil:
		return fail(Unreadable, err, "cannot be read: "+causeOf(err), "")
	case info.IsDir():
		return fail(Unreadable, nil, "is a directory", "name the PEM file in it")
	case !info.Mode().IsRegular():
		return fail(Unreadable, nil, "is not a plain file", "")
	case info.Size() > most:
		return fail(Unreadable, nil, fmt.Sprintf("has %d bytes, too many for a certificate or key", info.Size()), "")
	}
	handle, err := os.Open(file)
	if errors.Is(err, fs.ErrPermission) {
		return fail(Unreadable, err, "cannot be read: permission denied", "make it readable for the user who starts edgegen")
	}
	if err != nil {
		return fail(Unreadable, err, "cannot be read: "+causeOf(err), "")
	}
	defer handle.Close()
	content, err := io.ReadAll(io.LimitReader(handle, most))
	if err != nil {
		return fail(Unreadable, err, "cannot be read: "+causeOf(err), "")
	}
	return content, nil
}

// causeOf drops the path that os errors repeat.
func causeOf(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// writeChain is what to do about a file without any certificate.
const writeChain = "write the chain as PEM, the site's certificate first"

// parseChain decodes the certificates of a file. empty is what to do about one that holds
// something else.
func parseChain(file string, content []byte, empty string) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	var others []string
	whole, damaged := blocks(content)
	for _, block := range whole {
		if block.Type != "CERTIFICATE" && block.Type != "X509 CERTIFICATE" {
			others = append(others, block.Type)
			continue
		}
		parsed, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &Error{Kind: Malformed, File: file, Err: err,
				Detail: "holds a certificate that cannot be decoded", Remedy: "copy the file again; it may be cut short"}
		}
		chain = append(chain, parsed)
	}
	if contains(damaged, "CERTIFICATE") {
		return nil, &Error{Kind: Malformed, File: file,
			Detail: "holds a PEM certificate that is damaged", Remedy: "copy the file again; it may be cut short"}
	}
	if len(chain) > 0 {
		return chain, nil
	}
	e := &Error{Kind: NoPEM, File: file, Detail: "holds no PEM certificate", Remedy: empty}
	_, derErr := x509.ParseCertificate(content)
	switch {
	case derErr == nil:
		e.Detail = "is a certificate in DER form, not PEM"
		e.Remedy = "convert it: openssl x509 -inform der -in FILE -out FILE.pem"
	case contains(others, "CERTIFICATE REQUEST"):
		e.Detail = "holds a certificate request, not a certificate"
		e.Remedy = "use the file that the authority sent back"
	case contains(others, "PRIVATE KEY"):
		e.Detail = "holds a key, not a certificate"
		e.Remedy = "certificate and key may be swapped"
	case isUTF16(content):
		e.Detail, e.Remedy = inUTF16()
	}
	return nil, e
}

// inUTF16 is what is wrong with a file that an editor has written so.
func inUTF16() (detail, remedy string) {
	return "is text in UTF-16, and PEM is read as ASCII or UTF-8", "save it again in UTF-8"
}

func parseKey(file string, content []byte) (crypto.Signer, error) {
	var others []string
	whole, damaged := blocks(content)
	for _, block := range whole {
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			others = append(others, block.Type)
			continue
		}
		if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			return nil, &Error{Kind: Encrypted, File: file, InKey: true, Detail: "is protected by a passphrase",
				Remedy: "write it without one: openssl pkey -in FILE -out FILE.key"}
		}
		key, err := decodeKey(block)
		if err != nil {
			return nil, &Error{Kind: Malformed, File: file, InKey: true, Err: err,
				Detail: "holds a key that cannot be decoded", Remedy: "copy the file again; RSA, ECDSA and Ed25519 keys are understood"}
		}
		return key, nil
	}
	e := &Error{Kind: NoPEM, File: file, InKey: true, Detail: "holds no PEM private key", Remedy: "write the key as PEM, without a passphrase"}
	switch {
	case contains(damaged, "PRIVATE KEY"):
		e.Kind, e.Detail, e.Remedy = Malformed, "holds a PEM key that is damaged", "copy the file again; it may be cut short"
	case contains(others, "CERTIFICATE"):
		e.Detail = "holds a certificate, not a key"
		e.Remedy = "certificate and key may be swapped"
	case isUTF16(content):
		e.Detail, e.Remedy = inUTF16()
	}
	return nil, e
}

func decodeKey(block *pem.Block) (crypto.Signer, error) {
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a %T cannot sign", key)
	}
	return signer, nil
}

func contains(types []string, part string) bool {
	for _, t := range types {
		if strings.Contains(t, part) {
			return true
		}
	}
	return false
}
