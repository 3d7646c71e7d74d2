package doctor

import (
	"context"
	"fmt"
	"time"

	"edgegen/internal/backends"
	"edgegen/internal/incluster"
	"edgegen/internal/site"
)

// membersTime bounds the looking up of one name, and the asking for one Service.
const membersTime = 5 * time.Second

// examineMembers looks up what stands for many members of a cluster of edges. Nobody is
// asked whether it is there: that only a member may.
func (x *examination) examineMembers(ctx context.Context) (lines []Line) {
	if !x.hasSite || x.edge.Cluster == nil {
		return nil
	}
	for _, m := range x.edge.Cluster.Members {
		if !m.Found() {
			continue
		}
		count, err := x.countMembers(ctx, m)
		if err != nil {
			lines = append(lines, Line{LevelWarning, m.String(), "the members of the cluster are not found: " + err.Error(), "edgegen up answers alone until they are"})
			continue
		}
		lines = append(lines, Line{LevelOK, m.String(), fmt.Sprintf("stands for %d members of the cluster", count), ""})
	}
	return lines
}

func (x *examination) countMembers(ctx context.Context, m site.Member) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, membersTime)
	defer cancel()
	if m.Service != "" {
		found, err := incluster.Service{Namespace: m.Namespace, Name: m.Service, Port: incluster.MembersPort}.Addresses(ctx)
		return len(found), err
	}
	found, err := backends.ResolverOf(x.edge.Resolvers).LookupNetIP(ctx, "ip", m.Host)
	return len(found), err
}
