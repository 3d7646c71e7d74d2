package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"edgegen/internal/api"
)

func newPurge(s streams) *cobra.Command {
	var what api.Purge
	var asJSON bool
	c := &cobra.Command{
		Use:   "purge [URL]",
		Short: "Remove stored responses from the running edge's cache",
		Long: `purge removes stored responses from the cache: those to a URL, to all URLs that begin
with --prefix, of a --site, or with a --tag that the app gave them. It says how many
there were. When it returns, no engine serves any of them any more; the next request
gets the app's current answer.

All variants of a URL are purged, whatever their scheme and port; query parameters
that the site ignores do not matter. With --soft the responses become stale: they may
be served as grace and stale_if_error say, and are revalidated.

If the edge is a member of a cluster, all members do the same before purge returns.
A member that cannot be reached is named, and does it when it is back; the exit code
is then 1.`,
		Example: `  edgegen purge https://vzine.us/issues/7
  edgegen purge --prefix https://vzine.us/issues/
  edgegen purge --tag issue-7 --soft
  edgegen purge --site vzine.us --json`,
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) > 0 {
				what.URL = arguments[0]
			}
			given := slices.DeleteFunc([]string{what.URL, what.Prefix, what.Site, what.Tag}, func(one string) bool { return one == "" })
			if len(given) != 1 || len(arguments) > 1 {
				return usageError{errors.New("purge takes exactly one of a URL, --prefix, --site and --tag: edgegen purge https://vzine.us/issues/7")}
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	asksEdge(c, func(ctx context.Context, client *api.Client, _ []string) error {
		purged, err := client.Purge(ctx, what)
		switch {
		case err != nil:
			return err
		case asJSON:
			err = printJSON(s.out, purged)
		default:
			_, err = fmt.Fprint(s.out, purgedText(purged))
		}
		if err == nil && len(purged.Missed) > 0 {
			err = fmt.Errorf("these members of the cluster could not be reached: %s; they purge it when they are back", strings.Join(purged.Missed, ", "))
		}
		return err
	})
	c.Flags().StringVar(&what.Prefix, "prefix", "", "remove the responses to all URLs that begin with this")
	c.Flags().StringVar(&what.Site, "site", "", "remove all responses of the site with this name")
	c.Flags().StringVar(&what.Tag, "tag", "", "remove all responses with this tag")
	c.Flags().BoolVar(&what.Soft, "soft", false, "mark responses as stale instead of removing them")
	c.Flags().BoolVar(&asJSON, "json", false, "print the number of responses as JSON")
	completeFlag(c, "site", completeHost)
	return c
}

// purgedText is the line for a person, and remarks below it.
func purgedText(purged api.Purged) string {
	text := plural(purged.Objects, "response") + " forgotten\n"
	if purged.Soft {
		text = plural(purged.Objects, "response") + " stale now\n"
	}
	if purged.Members > 0 {
		text = strings.TrimSuffix(text, "\n") + ", at " + plural(purged.Members+1, "member") + "\n"
	}
	for _, note := range purged.Notes {
		text += note + "\n"
	}
	return text
}
