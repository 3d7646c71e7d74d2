package api

import (
	"context"
	"net/http"
	"net/url"
)

// Purge is what the cache is asked to forget. One of the first four says what is meant.
type Purge struct {
	URL    string // as a client asks for it; its scheme and port do not matter
	Prefix string // what the URL begins with, likewise
	Site   string // any name of a site: all that is stored for it
	Tag    string // of those that apps give in the header that a site names
	Soft   bool   // it is to grow stale instead
}

// Purged is what `edgegen purge --json` prints.
type Purged struct {
	Objects int      `json:"objects"` // stored responses that were meant
	Soft    bool     `json:"soft"`    // they are stale now, and not forgotten
	Notes   []string `json:"notes"`   // what a person should know besides
	// Members is how many other members of the cluster have done the same, and Missed names
	// those that could not be told. They do it when they are back.
	Members int      `json:"members,omitempty"`
	Missed  []string `json:"missed,omitempty"`
}

// The fields of a question to purge.
const (
	PurgeURL    = "url"
	PurgePrefix = "prefix"
	PurgeSite   = "named"
	PurgeTag    = "tag"
	PurgeSoft   = "soft"
)

// Purge has the edge forget what it has stored, and returns when no engine gives any of
// it any more.
func (c *Client) Purge(ctx context.Context, what Purge) (purged Purged, err error) {
	query := url.Values{}
	for field, value := range map[string]string{PurgeURL: what.URL, PurgePrefix: what.Prefix, PurgeSite: what.Site, PurgeTag: what.Tag} {
		if value != "" {
			query.Set(field, value)
		}
	}
	if what.Soft {
		query.Set(PurgeSoft, "true")
	}
	return purged, c.ask(ctx, http.MethodPost, "/purge?"+query.Encode(), &purged)
}
