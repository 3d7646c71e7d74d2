package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"edgegen/internal/config"
	"edgegen/internal/edgetest"
	"edgegen/internal/site"
)

// completeSite offers the files and directories that can be a SITE.
func completeSite(_ *cobra.Command, arguments []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(arguments) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []string{"hcl"}, cobra.ShellCompDirectiveFilterFileExt
}

// completeDirectory offers directories.
func completeDirectory(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
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
	return beginning(offered, typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
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
	completeFlag(c, "engine", completeEngine)
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
		offered = urlsOf(loaded.Edge)
	default:
		return completeSite(c, arguments[2:], typed)
	}
	return beginning(offered, typed), cobra.ShellCompDirectiveNoFileComp
}

// urlsOf are the URLs of all routes that have a path, and those of the aliases.
func urlsOf(edge *site.Edge) (urls []string) {
	scheme := "https://"
	if edge.Plain() {
		scheme = "http://"
	}
	for i := range edge.Sites {
		s := &edge.Sites[i]
		for _, host := range append([]string{s.Host}, s.Hosts...) {
			if _, wildcard := site.Beneath(host); wildcard {
				continue
			}
			for j := range s.Routes {
				if path := s.Routes[j].Path; path != "" {
					urls = append(urls, scheme+site.URLHost(host)+path)
				}
			}
		}
		for _, alias := range s.Aliases {
			urls = append(urls, scheme+site.URLHost(alias)+"/")
		}
	}
	return urls
}

// completeHost offers the canonical hosts of the site that the line names.
func completeHost(_ *cobra.Command, arguments []string, typed string) ([]string, cobra.ShellCompDirective) {
	var hosts []string
	if loaded, _ := config.Load(siteOf(arguments)); loaded.Edge != nil {
		for i := range loaded.Edge.Sites {
			hosts = append(hosts, loaded.Edge.Sites[i].Host)
		}
	}
	return beginning(hosts, typed), cobra.ShellCompDirectiveNoFileComp
}

// completeTest offers the names of the tests beside the site that the line names,
// as regular expressions.
func completeTest(_ *cobra.Command, arguments []string, typed string) ([]string, cobra.ShellCompDirective) {
	var names []string
	tests, _ := edgetest.Read(directoryOf(siteOf(arguments)))
	for i := range tests {
		names = append(names, regexp.QuoteMeta(tests[i].Name))
	}
	return beginning(names, typed), cobra.ShellCompDirectiveNoFileComp
}

// completeFlag has a flag of a verb completed.
func completeFlag(c *cobra.Command, flag string, complete cobra.CompletionFunc) {
	if err := c.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // the verb has no such flag
	}
}

// beginning keeps those that begin with what is typed.
func beginning(offered []string, typed string) []string {
	return slices.DeleteFunc(offered, func(one string) bool { return !strings.HasPrefix(one, typed) })
}
