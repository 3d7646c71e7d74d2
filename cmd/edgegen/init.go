package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"edgegen/internal/atomicfile"
	"edgegen/internal/config"
	"edgegen/internal/doctor"
	"edgegen/internal/firstsite"
)

func newInit(s streams) *cobra.Command {
	var flags firstsite.Site
	c := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a first site file",
		Long: `init writes a site file, site.hcl by default, and prints its name. It asks for the
host, the app, and the directory of files; each flag answers one of these questions.
It suggests an app from what listens on this machine. The edge will listen on ports 80
and 443, or, if these are in use or not permitted, on the first free ports from 8080
and 8443 on. An answer that would not make a valid site is refused with the reason,
and asked for again. An existing file is not touched.`,
		Example: `  edgegen init
  edgegen init --host shop.test --app 127.0.0.1:5000 --files public shop.hcl`,
		Args: oneFile,
		RunE: func(c *cobra.Command, arguments []string) error {
			return s.firstSite(siteOf(arguments), flags, c.Flags().Changed)
		},
	}
	c.Flags().StringVar(&flags.Host, "host", "", "the host that the site is for")
	c.Flags().StringVar(&flags.App, "app", "", "where the app listens, as 127.0.0.1:5000 or unix:/run/app.sock; none for no app")
	c.Flags().StringVar(&flags.Files, "files", "", "the directory with files to serve; none for no files")
	return c
}

func oneFile(c *cobra.Command, arguments []string) error {
	if len(arguments) > 1 {
		return usageError{fmt.Errorf("%s writes one file, not %d", c.Name(), len(arguments))}
	}
	return nil
}

// firstSite writes the file when every question has an answer: an interrupt before that
// leaves nothing behind.
func (s streams) firstSite(file string, said firstsite.Site, given func(flag string) bool) error {
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s exists already: check it with edgegen validate, or name another file for another site", file)
	}
	if _, err := os.Stat(filepath.Dir(file)); err != nil {
		return fmt.Errorf("the directory of %s cannot be used: %w", file, causeOf(err))
	}
	absolute, err := filepath.Abs(file)
	if err != nil {
		return fmt.Errorf("find %s: %w", file, err)
	}
	asked := questions{streams: s, answers: bufio.NewScanner(s.in), file: absolute, given: given}
	first, err := asked.all(said)
	if err != nil {
		return err
	}
	text, err := first.Text()
	if err != nil {
		return err
	}
	if refused := check(absolute, text); refused != nil {
		return refused
	}
	if err := writeNew(file, text); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(s.out, file); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.err, "\nedgegen up %s serves %s\n", file, first.URL())
	return err
}

// check refuses a text that is no good site.
func check(file string, text []byte) error {
	reader := config.NewReader(file, nil)
	reader.Hold(file, text)
	if _, problems := reader.Load(); problems.HasErrors() {
		return &config.Refused{Diagnostics: problems}
	}
	return nil
}

// writeNew writes a file that is not there yet, whole or not at all.
func writeNew(file string, text []byte) error {
	const mode = 0o644
	staged, err := atomicfile.Stage(file, text, mode, nil)
	if err != nil {
		return err
	}
	err = os.Link(staged, file) // which replaces nothing
	if errors.Is(err, fs.ErrExist) {
		err = fmt.Errorf("another program has written %s meanwhile", file)
	}
	return errors.Join(err, os.Remove(staged))
}

// freePorts are where the edge can listen.
func freePorts() (http, https uint16) {
	if doctor.CanListen(80) && doctor.CanListen(443) {
		return 80, 443
	}
	return freeFrom(8080), freeFrom(8443)
}

func freeFrom(port uint16) uint16 {
	const tried = 100
	for offset := range uint16(tried) {
		if doctor.CanListen(port + offset) {
			return port + offset
		}
	}
	return port // the start says who is in the way
}
