package config

import (
	"time"

	"edgegen/internal/site"
)

func clusterLanguage() *schema {
	return &schema{name: "cluster", title: "a cluster block",
		words: "several edges as one: each URL that may be stored has an owner among the members, whom the others ask in place of the app, and a purge reaches all of them. Members have the same sites",
		arguments: []argument{
			{name: "listen", kind: textKind, standard: `":6443"`, by: edgegenItself,
				words: "where other members ask this one, by TLS, which each end knows the other's secret by; clients have no business there", example: `"10.0.0.2:6443"`,
				into: in(func(c *site.Cluster) *[]site.Listener { return &c.Listen }), read: reads(readClusterListen)},
			{name: "members", kind: listKind, elements: 256, needed: true, by: edgegenItself, own: "leave the block out: each edge would have members of its own",
				words: "the edges, as they reach each other, in the same words at each of them; this one finds itself among them. A name stands for all of its addresses, and kubernetes://namespace/service for the pods of a Service, as the EndpointSlices of a cluster have them", example: `["10.0.0.2:6443", "10.0.0.3:6443"]`,
				into: in(func(c *site.Cluster) *[]site.Member { return &c.Members }), read: reads(readMembers)},
			{name: "resolve", kind: durationKind, standard: `"10s"`, least: "1s", most: "1d", by: edgegenItself,
				words: "how often the name of members is asked for again", example: `"30s"`,
				into: in(func(c *site.Cluster) *time.Duration { return &c.Resolve })},
			{name: "secret", kind: textKind, needed: true, by: edgegenItself,
				words: "what members know each other by, of 32 characters at least, such as `openssl rand -base64 32` makes; whoever has it can read and replace what is stored. It is shown nowhere", example: `"kB4wZrUoQm5yF0sVbC9hJ2nT6xL8eD1g"`,
				into: in(func(c *site.Cluster) *string { return &c.Secret }), read: reads(readClusterSecret)},
			{name: "size", kind: sizeKind, standard: `"64MiB"`, least: "1MiB", most: "16TiB", by: edgegenItself,
				words: "how much an edge with varnishd keeps, in edgegen's memory, of the URLs that it owns; a builtin cache keeps them with all else", example: `"1GiB"`,
				into: in(func(c *site.Cluster) *int64 { return &c.Size })},
		},
		home:   optional(func(e *site.Edge) **site.Cluster { return &e.Cluster }),
		source: in(func(c *site.Cluster) *site.Source { return &c.Source }),
		check:  checks(checkCluster),
	}
}
