// Command image writes edgegen with its builtin tiers as a container image, in
// the OCI's image layout, without an engine for containers. The same program
// gives the same bytes.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

func main() {
	program := flag.String("edgegen", "", "the program, linked statically")
	site := flag.String("site", "", "the site of whoever mounts none at /etc/edgegen")
	page := flag.String("page", "", "the page of that site")
	version := flag.String("version", "", "the version that the image's label gives")
	made := flag.Int64("time", 0, "when the sources were made, in seconds since 1970")
	out := flag.String("o", "", "the directory that the layout is written to")
	flag.Parse()
	contents, err := contentsOf(*program, *site, *page)
	if err == nil {
		err = write(*out, contents, *version, time.Unix(*made, 0).UTC())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// write makes the image and puts it into a layout of its own at dir.
func write(dir string, contents []entry, version string, made time.Time) error {
	layer, err := layerOf(contents, made)
	if err != nil {
		return fmt.Errorf("make the layer: %w", err)
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.Append(image, mutate.Addendum{
		Layer:   layer,
		History: v1.History{CreatedBy: "edgegen " + version, Created: v1.Time{Time: made}},
	})
	if err != nil {
		return fmt.Errorf("append the layer: %w", err)
	}
	image, err = mutate.ConfigFile(image, configured(image, version, made))
	if err != nil {
		return fmt.Errorf("set the configuration: %w", err)
	}
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return fmt.Errorf("write the layout: %w", err)
	}
	name := map[string]string{"org.opencontainers.image.ref.name": version}
	if err := path.AppendImage(image, layout.WithAnnotations(name)); err != nil {
		return fmt.Errorf("write the image: %w", err)
	}
	return nil
}

// configured says how the image is run: as nobody in particular, on ports that
// need no right, with what is kept below /var/lib/edgegen.
func configured(image v1.Image, version string, made time.Time) *v1.ConfigFile {
	config := &v1.ConfigFile{OS: "linux", Architecture: runtime.GOARCH, Created: v1.Time{Time: made}}
	if before, err := image.ConfigFile(); err == nil {
		config.RootFS, config.History = before.RootFS, before.History
	}
	config.Config = v1.Config{
		Entrypoint:   []string{"/usr/bin/edgegen"},
		Cmd:          []string{"up", "/etc/edgegen", "--state-dir", "/var/lib/edgegen/state"},
		User:         "65532:65532",
		Env:          []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, // preStop names the program alone
		ExposedPorts: map[string]struct{}{"8080/tcp": {}, "8443/tcp": {}},
		Volumes:      map[string]struct{}{"/var/lib/edgegen": {}},
		StopSignal:   "SIGTERM",
		WorkingDir:   "/etc/edgegen",
		Labels: map[string]string{
			"org.opencontainers.image.title":    "edgegen",
			"org.opencontainers.image.version":  version,
			"org.opencontainers.image.licenses": "Apache-2.0",
		},
	}
	return config
}
