package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"edgegen/internal/config"
)

// completeSite offers the files and directories that can be a SITE.
func completeSite(_ *cobra.Command, arguments []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(arguments) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []string{"hcl"}, cobra.ShellCompDirectiveFilterFileExt
}

// completeEngine offers what --engine takes: the tiers and their engines are
// those of the language.
func completeEngine(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	var offered []string
	if before == "" {
		offered = append(offered, "auto", "native", "builtin")
	}
	for tier, engines := range config.Engines() {
		for _, engine := range engines {
			if !strings.Contains(","+before, ","+tier+"=") {
				offered = append(offered, before+tier+"="+engine)
			}
		}
	}
	offered = slices.DeleteFunc(offered, func(one string) bool { return !strings.HasPrefix(one, typed) })
	return offered, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeVariable offers the variables of the site that the line names.
func completeVariable(_ *cobra.Command, arguments []string, typed string) ([]string, cobra.ShellCompDirective) {
	loaded, _ := config.Load(siteOf(arguments))
	var offered []string
	for _, name := range loaded.Variables {
		if strings.HasPrefix(name+"=", typed) {
			offered = append(offered, name+"=")
		}
	}
	return offered, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// engineFlag adds --engine to a verb.
func engineFlag(c *cobra.Command, engine *string, words string) {
	c.Flags().StringVar(engine, "engine", "", words)
	if err := c.RegisterFlagCompletionFunc("engine", completeEngine); err != nil {
		panic(err) // the flag was added a line above
	}
}
