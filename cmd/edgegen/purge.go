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
		Short: "Have the running edge forget what it has stored",
		Long: `purge has the cache forget the responses to a URL, to all URLs that begin with
--prefix, of a --site, or with a --tag that the app gave them, and says how many
there were. When it returns no engine gives any of them any more; whoever asks
gets what the app says now.

Of a URL all variants are meant, whatever their scheme and port, and ignored
parameters of the query do not count. With --soft the responses grow stale: they
are served as grace and stale_if_error say, and asked about.

Where the edge is one of a cluster, all members do the same before it returns.
One that cannot be reached is named, and does it when it is back; the exit code
is 1 then.`,
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
				return usageError{errors.New("purge takes a URL, --prefix, --site or --tag, one of them: edgegen purge https://vzine.us/issues/7")}
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
			err = fmt.Errorf("not all members of the cluster could be told: %s; they forget it when they are back", strings.Join(purged.Missed, ", "))
		}
		return err
	})
	c.Flags().StringVar(&what.Prefix, "prefix", "", "forget the responses to all URLs that begin with this")
	c.Flags().StringVar(&what.Site, "site", "", "forget all responses of the site with this name")
	c.Flags().StringVar(&what.Tag, "tag", "", "forget all responses that have this tag")
	c.Flags().BoolVar(&what.Soft, "soft", false, "mark responses as stale instead of forgetting them")
	c.Flags().BoolVar(&asJSON, "json", false, "print how many there were as JSON")
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
