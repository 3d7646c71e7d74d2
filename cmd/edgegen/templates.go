package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"edgegen/internal/atomicfile"
	"edgegen/internal/render"
)

func newTemplates(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "templates",
		Short: "Write the templates of the daemons' files, to change them",
		Long: `templates export writes the templates that stunnel.conf, default.vcl, nginx.conf
and what belongs to them are made from, and a README.md with all that they are
given and may call. edgegen up --templates and edgegen render --templates take
those of a directory, whole or in part, in the place of their own. A tier whose
daemon has another template than edgegen's is never builtin.`,
		Example: `  edgegen templates export my-templates`,
		Args:    knownVerb,
		RunE: func(*cobra.Command, []string) error {
			return usageError{errors.New("name the command: edgegen templates export DIRECTORY")}
		},
	}
	c.AddCommand(&cobra.Command{
		Use:   "export DIRECTORY",
		Short: "Write them into a directory",
		Long: `export writes the templates into a directory, and creates it if necessary. If one of
the files exists already, nothing is written.` + exitCodes,
		Example: `  edgegen templates export my-templates`,
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return usageError{errors.New("name the directory for the templates: edgegen templates export DIRECTORY")}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, arguments []string) error { return s.exportTemplates(arguments[0]) },
	})
	return c
}

func (s streams) exportTemplates(directory string) error {
	files, err := render.TemplateFiles()
	if err != nil {
		return err
	}
	for _, file := range files {
		path := filepath.Join(directory, file.Name)
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("%s exists already: name another directory", path)
		}
	}
	for _, file := range files {
		path := filepath.Join(directory, file.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("make a directory for the templates: %w", err)
		}
		if err := atomicfile.Write(path, file.Data, file.Mode); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(s.out, directory)
	return err
}

// templatesFlag adds --templates.
func templatesFlag(c *cobra.Command, directory *string) {
	c.Flags().StringVar(directory, "templates", "", "a directory with templates that replace edgegen's own")
	completeFlag(c, "templates", completeDirectory)
}
