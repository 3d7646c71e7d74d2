package generation

import (
	"fmt"
	"strconv"

	"edgegen/internal/config"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
)

// warnUnreadable reports directories of files that the daemons cannot enter.
func warnUnreadable(who statedir.User, edge *site.Edge, found *config.Findings) {
	for n := range edge.Sites {
		for _, route := range edge.Sites[n].Routes {
			if route.Static == nil {
				continue
			}
			if at := who.Blocked(route.Static.Root); at != "" {
				found.Add(route.Static.Source, config.Warning,
					fmt.Sprintf("the user %s, whom the daemons run as, may not enter %s", who.Name, at),
					fmt.Sprintf("let it in (chmod o+x %s) or name another user in the edge block; until then these files are not found", at))
			}
		}
	}
}

// keepUser refuses another user: who processes run as lasts as long as the edge.
func keepUser(edge *site.Edge, was *Generation, found *config.Findings) {
	if was == nil {
		return // it has just been decided
	}
	if before := was.Loaded.Edge.User; before != edge.User {
		found.Add(edge.UserSource, config.Error,
			fmt.Sprintf("the user cannot be changed from %s to %s while the edge runs", userName(before), userName(edge.User)),
			"stop the edge and start it again, or leave the user as it was")
	}
}

func userName(name string) string {
	if name == "" {
		return "none"
	}
	return strconv.Quote(name)
}
