package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// exitCodes stands at the end of every help text.
const exitCodes = "\n\nExit codes: 0 done, 1 failed, 2 wrong usage."

// completeHelp gives every command its exit codes, and has the commands that
// cobra adds, help and completion, refuse what they do not know.
func completeHelp(root *cobra.Command) {
	root.SuggestionsMinimumDistance = 2 // letters to change
	root.InitDefaultCompletionCmd()
	root.InitDefaultVersionFlag()
	root.SetVersionTemplate("edgegen {{.Version}}\n")
	root.SetHelpCommand(newHelp(root))
	for _, c := range root.Commands() {
		if c.Long == "" {
			c.Long = c.Short + "."
		}
		if !strings.HasSuffix(c.Long, planExitCodes) {
			c.Long = strings.TrimSpace(c.Long) + exitCodes
		}
		if c.Name() == "completion" {
			c.Example = "  edgegen completion bash > edgegen.bash"
			c.Args = knownVerb
			c.RunE = func(c *cobra.Command, _ []string) error {
				return usageError{fmt.Errorf("name a shell: bash, zsh, fish or powershell")}
			}
			for _, shell := range c.Commands() {
				shell.Args = noArguments
			}
		}
	}
	root.Long += exitCodes + " plan has its own."
}

// newHelp is cobra's help command with an error for what is no command.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Show the help of a command",
		RunE: func(_ *cobra.Command, arguments []string) error {
			c, rest, err := root.Find(arguments)
			if err == nil {
				err = knownVerb(c, rest)
			}
			if err != nil {
				return err
			}
			c.InitDefaultHelpFlag()
			return c.Help()
		},
	}
}

// knownVerb refuses what is left where a command was expected, and names the
// one that is spelt nearly so.
func knownVerb(c *cobra.Command, arguments []string) error {
	if len(arguments) == 0 || !c.HasSubCommands() {
		return nil
	}
	if near := c.SuggestionsFor(arguments[0]); len(near) > 0 {
		return usageError{fmt.Errorf("unknown command %q; did you mean %s?", arguments[0], near[0])}
	}
	return usageError{fmt.Errorf("unknown command %q", arguments[0])}
}
