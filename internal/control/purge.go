package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/site"
	"edgegen/internal/wait"
)

// purgeOf reads what is asked for on the control socket.
func purgeOf(r *http.Request) api.Purge {
	return api.Purge{URL: r.FormValue(api.PurgeURL), Prefix: r.FormValue(api.PurgePrefix), Site: r.FormValue(api.PurgeSite),
		Tag: r.FormValue(api.PurgeTag), Soft: r.FormValue(api.PurgeSoft) != ""}
}

// purge has the edge forget what is asked for on the control socket.
func (e *Edge) purge(ctx context.Context, asked api.Purge) (api.Purged, error) {
	return e.purgeEverywhere(ctx, func() (site.Purge, error) { return meant(e.Serving().Loaded.Edge, asked) })
}

// PurgeBy is purge for a client of the edge. The client does not wait for a reload, which
// may take minutes, and does not hold up a stop, which waits for clients.
func (e *Edge) PurgeBy(ctx context.Context, what site.Purge) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*purgePatience)
	defer cancel()
	purged, err := e.purgeEverywhere(ctx, func() (site.Purge, error) { return what, nil })
	if err == nil && len(purged.Missed) > 0 {
		err = fmt.Errorf("members that are away will forget it when they are back: %s", strings.Join(purged.Missed, ", "))
	}
	return purged.Objects, err
}

const (
	// purgePatience is how long a client waits, and for how long a daemon that does not
	// answer is asked again. By then its guard has ended such a daemon.
	purgePatience = 10 * time.Second
	// purgePause is between two attempts. The guard has its turn meanwhile.
	purgePause = 300 * time.Millisecond
)

// purgeInTurn waits for its turn and purges. Without the turn it could miss a server that
// is about to be put into use.
func (e *Edge) purgeInTurn(ctx context.Context, what func() (site.Purge, error)) (api.Purged, error) {
	for end := time.Now().Add(purgePatience); ; {
		if err := e.Turns.Look(ctx); err != nil {
			return api.Purged{}, err
		}
		means, err := what()
		if err != nil {
			e.Turns.Looked()
			return api.Purged{}, err
		}
		purged, err := e.PurgeAll(ctx, means)
		e.Turns.Looked()
		if err == nil || time.Now().After(end) {
			return purged, err
		}
		if !wait.For(ctx, purgePause) {
			return purged, err
		}
	}
}

// meant translates what was asked for into the terms in which answers are stored.
func meant(edge *site.Edge, asked api.Purge) (what site.Purge, err error) {
	what.Soft = asked.Soft
	switch {
	case edge.Uncached():
		return what, errors.New("nothing is stored: engine.cache is off")
	case asked.URL != "":
		host, target, s, err := split(edge, asked.URL)
		if err != nil {
			return what, err
		}
		what.URL = host + decide.KeyTarget(s.Cache.IgnoreQuery, target)
	case asked.Prefix != "":
		host, target, _, err := split(edge, asked.Prefix)
		what.Prefix = host + target
		return what, err
	case asked.Site != "":
		s := decide.SiteOf(edge, strings.ToLower(strings.TrimSuffix(asked.Site, ".")))
		if s == nil {
			return what, fmt.Errorf("no site is called %q", asked.Site)
		}
		what.Site = s.Host
	case !site.IsTag(asked.Tag):
		return what, fmt.Errorf("%q is no tag: one is a word, without spaces, commas and quotes", asked.Tag)
	case !slices.ContainsFunc(edge.Sites, func(s site.Site) bool { return s.Cache.Tags != "" }):
		return what, errors.New(`no site has tags: name the app's header for them, as in cache { tags = "Cache-Tag" }`)
	default:
		what.Tag = asked.Tag
	}
	return what, nil
}

// split takes a URL apart: the host as it is stored, the target, and the site. An edge
// with one site need not be told which.
func split(edge *site.Edge, text string) (host, target string, s *site.Site, err error) {
	whole := text
	switch {
	case strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "//"):
		if len(edge.Sites) > 1 {
			return "", "", nil, fmt.Errorf("there are %d sites: say whose %s is, as in https://%s%s", len(edge.Sites), text, edge.Sites[edge.First].Host, text)
		}
		whole = "https://" + site.URLHost(edge.Sites[0].Host) + text
	case !strings.Contains(text, "//"):
		whole = "https://" + text
	}
	end := strings.Index(whole, "//") + 2
	end += strings.IndexAny(whole[end:]+"/", "/?#")
	u, err := url.Parse(whole[:end])
	if err != nil || u.Hostname() == "" {
		return "", "", nil, fmt.Errorf("%q is no URL, such as https://%s/path", text, edge.Sites[edge.First].Host)
	}
	host = strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if s = decide.SiteOf(edge, host); s == nil {
		return "", "", nil, fmt.Errorf("no site claims host %s", host)
	}
	if slices.Contains(s.Aliases, host) {
		host = s.Host // whose requests are led there, and nothing is stored of them
	}
	return site.URLHost(host), targetIn(whole[end:]), s, nil
}

// targetIn is the target of a request for the part of a URL behind the host. Answers are
// stored under the target as clients write it, so only characters that cannot stand in a
// request are replaced.
func targetIn(text string) string {
	text, _, _ = strings.Cut(text, "#")
	if !strings.HasPrefix(text, "/") {
		text = "/" + text
	}
	return decide.EncodeTarget(text)
}
