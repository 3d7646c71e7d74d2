package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"edgegen/internal/importer"
	"edgegen/internal/tones"
)

type importFlags struct {
	output, root, log        string
	asJSON, keepPaths, prove bool
	raw                      bool
}

func newImport(s streams) *cobra.Command {
	var flags importFlags
	c := &cobra.Command{
		Use:   "import FILE…",
		Short: "Convert nginx.conf, VCL and stunnel.conf to a site file",
		Long: `import converts existing configuration to a site file: nginx.conf with the files that
it includes from its own directory, VCL, stunnel.conf, and the command line or the
systemd unit that starts varnishd. Several files together are read as one chain, such
as stunnel in front of Varnish in front of nginx. The site is printed, in canonical
layout, or written into a file with -o.

On stderr it says what became of each line of the old files. A line is translated: the
message names the line of the site, and what edgegen does differently. Or it has no
effect here: the message says why. Or it is refused: the message says why, and what to
do. The exit code is 1 if lines are refused; the site made from the others is printed
all the same.

With --raw, nginx directives that change answers on their way and have no equivalent in
the language, such as sub_filter, are kept in raw { nginx = … }. Only nginx can then
serve the web tier of that site.

With --prove the old daemons run beside the new edge, all of them on free ports of
this machine and in front of one app that answers with the request it got. Both are
asked for the URLs that the old files name, and for the paths of an access log (--log,
in the common or combined format, or edgegen's JSON). On stderr it says where their
answers differ; some differences are faults of the old configuration that edgegen does
not repeat.

The site always passes edgegen validate: what would be refused, such as a directory
that this machine does not have, is written as a comment. --root names the directory
that holds the old machine's root directory; --keep-paths leaves all paths as they are.`,
		Example: `  edgegen import --keep-paths old/nginx.conf old/default.vcl old/stunnel.conf > imported.hcl
  edgegen import --keep-paths --json old/nginx.conf old/default.vcl old/varnishd.sh`,
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) == 0 {
				return usageError{errors.New("name the files to convert, as in: edgegen import /etc/nginx/nginx.conf")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, arguments []string) error {
			if flags.log != "" && !flags.prove {
				return usageError{errors.New("--log is for --prove only: add --prove")}
			}
			return s.importFiles(c.Context(), arguments, flags)
		},
	}
	c.Flags().StringVarP(&flags.output, "output", "o", "", "write the site into this new file")
	c.Flags().StringVar(&flags.root, "root", "", "the directory that holds the old machine's root directory")
	c.Flags().BoolVar(&flags.keepPaths, "keep-paths", false, "keep paths that do not exist on this machine")
	c.Flags().BoolVar(&flags.raw, "raw", false, "keep nginx directives without an equivalent in raw { nginx = … }")
	c.Flags().BoolVar(&flags.prove, "prove", false, "run the old daemons beside the new edge, and show where their answers differ")
	c.Flags().StringVar(&flags.log, "log", "", "with --prove, an access log whose paths are requested")
	c.Flags().BoolVar(&flags.asJSON, "json", false, "report on the lines as JSON; on stdout if -o writes the site into a file")
	return c
}

func (s streams) importFiles(ctx context.Context, files []string, flags importFlags) error {
	name := flags.output
	if name == "" {
		name = "imported.hcl"
	} else if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("%s exists already: name another file", name)
	}
	result, err := importer.Import(importer.Options{Files: files, Root: flags.root, KeepPaths: flags.keepPaths, Raw: flags.raw, Name: name})
	if err != nil {
		return err
	}
	account := s.err
	if result.Site == nil {
		if err := tellAccount(account, result, flags.asJSON); err != nil {
			return err
		}
		return errors.New("these files have nothing to serve: also name those with servers, backends or services")
	}
	if flags.output == "" {
		_, err = s.out.Write(result.Site)
	} else if err = writeNew(name, result.Site); err == nil && flags.asJSON {
		account = s.out
	}
	if err != nil {
		return err
	}
	if err := tellAccount(account, result, flags.asJSON); err != nil {
		return err
	}
	if flags.prove {
		if err := s.proveImport(ctx, result, flags); err != nil {
			return err
		}
	}
	if result.Refused() > 0 {
		return errFailed
	}
	return nil
}

func tellAccount(w io.Writer, result *importer.Result, asJSON bool) error {
	if asJSON {
		return printJSON(w, result.Report())
	}
	color := colored(w)
	_, err := io.WriteString(w, result.Account(func(verdict importer.Verdict, text string) string {
		switch verdict {
		case importer.Translated:
			return tones.Paint(color, tones.Green, text)
		case importer.Refused:
			return tones.Paint(color, tones.Alarm, text)
		}
		return tones.Paint(color, tones.Dim, text)
	}))
	return err
}
