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
		Short: "Make a site file of nginx.conf, VCL and stunnel.conf",
		Long: `import makes a site file of the configurations that somebody has: nginx.conf with
what it includes from its own directory, VCL, stunnel.conf, and the command, or the
unit, that starts varnishd. Several files together are one chain, as stunnel before
Varnish before nginx. The site is printed, in canonical layout, or written with -o.

On stderr it says what became of each line of the old files, and leaves none out. A
line is translated: the message names the line of the site, and what edgegen does
otherwise, and better. Or it has no effect here, with the reason. Or it is refused,
with the reason and what to do. The exit code is 1 where lines are refused; the site
that the others make is printed all the same.

With --raw what changes answers on their way and has no word in the language, such as
sub_filter, stays nginx's own in raw { nginx = … }. Nothing but nginx serves the web
tier of that site then.

With --prove the old daemons run beside the new edge, all of them on free ports of
this machine and before one app that answers with what it was asked. Both are asked
for what the old files name, and for the paths of an access log (--log, in the common
or combined format, or edgegen's JSON). On stderr it says where their answers differ;
some differences are faults of the old configuration that edgegen does not repeat.

The site always passes edgegen validate: what would be refused, such as a directory
that this machine does not have, stands in a comment. --root names where the root directory of the
old machine lies, --keep-paths has all paths stay as they are.`,
		Example: `  edgegen import --keep-paths old/nginx.conf old/default.vcl old/stunnel.conf > imported.hcl
  edgegen import --keep-paths --json old/nginx.conf old/default.vcl old/varnishd.sh`,
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) == 0 {
				return usageError{errors.New("import takes the files to make a site of, as in: edgegen import /etc/nginx/nginx.conf")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, arguments []string) error {
			if flags.log != "" && !flags.prove {
				return usageError{errors.New("--log names what --prove asks for")}
			}
			return s.importFiles(c.Context(), arguments, flags)
		},
	}
	c.Flags().StringVarP(&flags.output, "output", "o", "", "write the site into this file, which is not there yet")
	c.Flags().StringVar(&flags.root, "root", "", "the directory that is the root directory of the old machine")
	c.Flags().BoolVar(&flags.keepPaths, "keep-paths", false, "keep paths that lead to nothing on this machine")
	c.Flags().BoolVar(&flags.raw, "raw", false, "keep what the language has no word for in raw { nginx = … }, where it means the same")
	c.Flags().BoolVar(&flags.prove, "prove", false, "run the old daemons beside the new edge, and tell what they answer otherwise")
	c.Flags().StringVar(&flags.log, "log", "", "with --prove, an access log whose paths are asked for")
	c.Flags().BoolVar(&flags.asJSON, "json", false, "tell of the lines as JSON; on stdout where -o has the site in a file")
	return c
}

func (s streams) importFiles(ctx context.Context, files []string, flags importFlags) error {
	name := flags.output
	if name == "" {
		name = "imported.hcl"
	} else if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("%s is there already: name another file", name)
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
		return errors.New("there is nothing to serve in these files: name those with servers, backends or services too")
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
