package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
given and may call. edgegen render --templates renders with those of a directory,
whole or in part; edgegen up has its own, which builtin tiers can stand in for.`,
		Example: `  edgegen templates export my-templates`,
		Args:    knownVerb,
		RunE: func(*cobra.Command, []string) error {
			return usageError{errors.New("say what is to be done: edgegen templates export DIRECTORY")}
		},
	}
	c.AddCommand(&cobra.Command{
		Use:   "export DIRECTORY",
		Short: "Write them into a directory",
		Long: `export writes the templates into a directory, which it makes where it is not
there. A file that is there is not touched: then nothing is written.` + exitCodes,
		Example: `  edgegen templates export my-templates`,
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return usageError{errors.New("export takes the directory that the templates are written to")}
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
			return fmt.Errorf("%s is there already: name another directory", path)
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

// templatePaths are where templates of one's own would be; none where no directory is
// named.
func templatePaths(directory string) (paths []string) {
	names, err := render.TemplateNames()
	if directory == "" || err != nil {
		return nil
	}
	for _, name := range names {
		paths = append(paths, filepath.Join(directory, name))
	}
	return paths
}

// ownTemplates are those of a directory, nil where none is named. One that takes the
// place of none is refused: its name may be misspelt.
func ownTemplates(directory string) (fs.FS, error) {
	if directory == "" {
		return nil, nil
	}
	known, err := render.TemplateNames()
	if err != nil {
		return nil, err
	}
	files, found := os.DirFS(directory), false
	err = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".tmpl") {
			return err
		}
		if found = true; !slices.Contains(known, name) {
			return fmt.Errorf("%s is no template of edgegen's: there are %s", name, strings.Join(known, ", "))
		}
		return nil
	})
	if err == nil && !found {
		err = fmt.Errorf("there is no template: edgegen templates export %s writes them", directory)
	}
	if err != nil {
		return nil, fmt.Errorf("--templates %s: %w", directory, err)
	}
	return files, nil
}
