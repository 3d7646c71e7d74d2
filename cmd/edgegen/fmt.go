package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/spf13/cobra"

	"edgegen/internal/config"
	"edgegen/internal/render"
)

type fmtFlags struct{ check, diff bool }

func newFmt(s streams) *cobra.Command {
	var flags fmtFlags
	c := &cobra.Command{
		Use:   "fmt [FILE…]",
		Short: "Rewrite HCL files in canonical layout",
		Long: `fmt rewrites files in canonical layout and prints the names of those it changed.
A directory stands for the *.hcl files in it; without a FILE it is site.hcl, and
"-" reads stdin and writes stdout. A file that does not parse is left alone.

With --check nothing is written, and the exit code is 1 if a file is not in
canonical layout; with --diff the differences are printed instead.`,
		Example: `  edgegen fmt --check
  edgegen fmt --diff site.hcl`,
		RunE: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) == 0 {
				arguments = []string{"site.hcl"}
			}
			return formatAll(s, arguments, flags)
		},
	}
	c.Flags().BoolVar(&flags.check, "check", false, "write nothing; exit 1 if a file would change")
	c.Flags().BoolVar(&flags.diff, "diff", false, "write nothing; print what would change")
	return c
}

func formatAll(s streams, arguments []string, flags fmtFlags) error {
	failed := false
	for _, argument := range arguments {
		files, err := hclFiles(argument)
		if err != nil {
			return err
		}
		for _, file := range files {
			changed, err := formatOne(s, file, flags)
			if err != nil {
				return err
			}
			failed = failed || changed
		}
	}
	if failed {
		return errFailed
	}
	return nil
}

// hclFiles returns the files that an argument of fmt stands for.
func hclFiles(argument string) ([]string, error) {
	if argument == "-" {
		return []string{argument}, nil
	}
	info, err := os.Stat(argument)
	if err != nil {
		return nil, fmt.Errorf("cannot format %s: %w", argument, causeOf(err))
	}
	if !info.IsDir() {
		return []string{argument}, nil
	}
	files, err := filepath.Glob(filepath.Join(argument, "*.hcl"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("cannot format %s: the directory has no .hcl file", argument)
	}
	return files, err
}

// formatOne formats a file and reports whether the verb has failed for it:
// because it does not parse, or because --check finds it out of shape.
func formatOne(s streams, file string, flags fmtFlags) (failed bool, err error) {
	source, err := readInput(s.in, file)
	if err != nil {
		return false, fmt.Errorf("cannot format %s: %w", displayName(file), causeOf(err))
	}
	formatted, diagnostics := config.Format(displayName(file), source)
	if diagnostics.HasErrors() {
		s.report(diagnostics)
		return true, nil
	}
	changed := !bytes.Equal(source, formatted)
	switch {
	case flags.check || flags.diff:
		if changed && flags.diff {
			_, err = s.out.Write(patch(displayName(file), source, formatted))
		} else if changed {
			_, err = fmt.Fprintln(s.out, displayName(file))
		}
		return changed && flags.check, err
	case file == "-":
		_, err = s.out.Write(formatted)
		return false, err
	case !changed:
		return false, nil
	}
	if err := rewrite(file, formatted); err != nil {
		return false, err
	}
	_, err = fmt.Fprintln(s.out, file)
	return false, err
}

func readInput(in io.Reader, file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(in)
	}
	return os.ReadFile(file)
}

// causeOf drops the path that os errors repeat.
func causeOf(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}

func displayName(file string) string {
	if file == "-" {
		return "<stdin>"
	}
	return file
}

// rewrite replaces a file in one step, keeping its mode. Behind a symbolic
// link it is the link's target that is replaced.
func rewrite(file string, data []byte) error {
	target, err := filepath.EvalSymlinks(file)
	if err != nil {
		return fmt.Errorf("find %s: %w", file, err)
	}
	info, err := os.Stat(target)
	if err != nil {
		return fmt.Errorf("look at %s: %w", file, err)
	}
	_, err = render.Install(filepath.Dir(target), []render.File{{Name: filepath.Base(target), Data: data, Mode: info.Mode().Perm()}}, nil)
	return err
}

// patch compares two texts in the form that patch(1) reads. They differ.
func patch(name string, before, after []byte) []byte {
	_, hunks, _ := bytes.Cut(diff.Diff(name, before, name, after), []byte("\n")) // the first line names diff itself
	return hunks
}
