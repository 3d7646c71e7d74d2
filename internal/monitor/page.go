package monitor

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page is embedded
	"encoding/base64"
	"fmt"
)

// page is the whole page: it asks for nothing but the stream.
//
//go:embed page.html
var page []byte

// policyOf lets a page do what it does, and nothing else: its own script and style,
// and requests to where it came from.
func policyOf(page []byte) string {
	return fmt.Sprintf("default-src 'none'; connect-src 'self'; script-src 'sha256-%s'; style-src 'sha256-%s'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		sumOf(page, "script"), sumOf(page, "style"))
}

// sumOf is the hash of what stands in the only element of a name.
func sumOf(page []byte, element string) string {
	_, rest, _ := bytes.Cut(page, []byte("<"+element+">"))
	within, _, _ := bytes.Cut(rest, []byte("</"+element+">"))
	sum := sha256.Sum256(within)
	return base64.StdEncoding.EncodeToString(sum[:])
}
