package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"edgegen/internal/config"
	"edgegen/internal/site"
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

// completeRequest offers methods, the URLs of the site's routes, and then a SITE.
func completeRequest(c *cobra.Command, arguments []string, typed string) ([]string, cobra.ShellCompDirective) {
	var offered []string
	switch len(arguments) {
	case 0:
		offered = site.UsualMethods()
	case 1:
		loaded, _ := config.Load(siteOf(nil))
		if loaded.Edge == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		for _, s := range loaded.Edge.Sites {
			for _, r := range s.Routes {
				if r.Path != "" {
					offered = append(offered, "https://"+site.URLHost(s.Host)+r.Path)
				}
			}
		}
	default:
		return completeSite(c, arguments[2:], typed)
	}
	offered = slices.DeleteFunc(offered, func(one string) bool { return !strings.HasPrefix(one, typed) })
	return offered, cobra.ShellCompDirectiveNoFileComp
}
