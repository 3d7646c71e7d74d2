package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"edgegen/internal/config"
)

// givenFlags adds --var and --var-file to a verb that reads a site. Later ones
// win, whichever of the two they are.
func givenFlags(c *cobra.Command, given *[]config.Given) {
	c.Flags().Var(&givenFlag{given, readVariable, "name=value"}, "var", "set a variable of the site; may be repeated")
	completeFlag(c, "var", completeVariable)
	c.Flags().Var(&givenFlag{given, readVariableFile, "file"}, "var-file", "set variables from a file; may be repeated")
}

// givenFlag is a flag whose values are put behind those of others.
type givenFlag struct {
	given *[]config.Given
	read  func(string) (config.Given, error)
	takes string
}

// Set reads one value of the flag.
func (f *givenFlag) Set(text string) error {
	one, err := f.read(text)
	if err == nil {
		*f.given = append(*f.given, one)
	}
	return err
}

// String is the default, which is none.
func (f *givenFlag) String() string { return "" }

// Type is what the help calls the value.
func (f *givenFlag) Type() string { return f.takes }

func readVariable(text string) (config.Given, error) { return config.ParseGiven(text) }

func readVariableFile(text string) (config.Given, error) {
	absolute, err := filepath.Abs(text)
	if err != nil {
		return config.Given{}, fmt.Errorf("find %s: %w", text, err)
	}
	return config.Given{File: absolute}, nil
}
