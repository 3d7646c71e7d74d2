package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// An entry is a file of the image, or a directory where it has no content.
type entry struct {
	name    string
	mode    int64
	content []byte
}

// contentsOf lists what is in the image. Whoever runs it may write below
// /var/lib/edgegen and /tmp, whatever their user is.
func contentsOf(program, site, page string) ([]entry, error) {
	contents := []entry{
		{name: "etc/", mode: 0o755},
		{name: "etc/group", mode: 0o644, content: []byte("root:x:0:\nedgegen:x:65532:\n")},
		{name: "etc/passwd", mode: 0o644, content: []byte("root:x:0:0:root:/:/sbin/nologin\nedgegen:x:65532:65532:edgegen:/var/lib/edgegen:/sbin/nologin\n")},
		{name: "etc/ssl/certs/", mode: 0o755},
		{name: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, content: authorities()},
		{name: "tmp/", mode: 0o1777},
		{name: "var/lib/edgegen/", mode: 0o1777},
	}
	for _, file := range []struct {
		name, from string
		mode       int64
	}{
		{"etc/edgegen/site.hcl", site, 0o644},
		{"usr/bin/edgegen", program, 0o755},
		{"usr/share/edgegen/public/index.html", page, 0o644},
	} {
		content, err := os.ReadFile(file.from)
		if err != nil {
			return nil, fmt.Errorf("read what is to be %s: %w", file.name, err)
		}
		contents = append(contents, entry{file.name, file.mode, content})
	}
	return contents, nil
}

// authorities are Mozilla's, as PEM: what https:// servers of apps and
// certificate authorities are verified with.
func authorities() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		// Writing to memory does not fail.
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})
	}
	return out.Bytes()
}

// layerOf packs contents, all of them root's and as old as made.
func layerOf(contents []entry, made time.Time) (v1.Layer, error) {
	var packed bytes.Buffer
	archive := tar.NewWriter(&packed)
	for _, e := range contents {
		header := &tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.content)), ModTime: made, Typeflag: tar.TypeReg, Format: tar.FormatPAX}
		if e.content == nil {
			header.Typeflag = tar.TypeDir
		}
		if err := archive.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := archive.Write(e.content); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(packed.Bytes())), nil
	})
}
