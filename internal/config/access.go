package config

import (
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"edgegen/internal/htpasswd"
	"edgegen/internal/site"
)

// readNetworks reads the networks that a route allows or denies. An empty list is
// refused: an empty "allow" would let everybody in, and an empty "deny" do nothing.
func readNetworks(b *block, a *argument, _ *site.Route) {
	networks := b.networks(a)
	if written, ok := b.texts(a); ok && len(written) == 0 && b.holds(a) {
		b.errorAt(b.placeOf(a), "name a network, or leave "+a.name+" out", "%s is empty", a.name)
	}
	*a.into(b.model).(*[]site.Prefix) = networks
}

// readLimitKey reads what tells one client from another.
func readLimitKey(b *block, a *argument, l *site.RateLimit) {
	key, ok := b.text(a)
	name, field := strings.CutPrefix(key.text, "header:")
	switch {
	case !ok || key.text == "client":
	case !field:
		b.errorAt(key.place, `write "client", or "header:X-Api-Key", say`, "%s cannot be %q", a.name, key.text)
	case b.checkHeaderName(located{name, key.place}, unmatched(), "is nothing to tell clients by"):
		l.Header = name
	}
}

var rateForm = regexp.MustCompile(`^([1-9][0-9]{0,6})/([smhd])$`)

// readRate reads how many requests a client may send in which time.
func readRate(b *block, a *argument, l *site.RateLimit) {
	l.Count, l.Per = 1, time.Second
	rate, ok := b.text(a)
	if !ok {
		return
	}
	parts := rateForm.FindStringSubmatch(rate.text)
	if parts == nil {
		b.errorAt(rate.place, `write a number, "/" and s, m, h or d, as in "10/s" or "100/m"`, "%s = %q: this is no rate", a.name, rate.text)
		return
	}
	l.Count, _ = strconv.Atoi(parts[1])
	l.Per = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": day}[parts[2]]
}

// checkRateLimit holds that the times of a limit can be counted.
func checkRateLimit(b *block, l *site.RateLimit) {
	if l.Count > 0 && l.Every() > 0 && time.Duration(l.Burst) > year/l.Every() {
		b.errorAt(b.placeOf(b.row(&l.Burst)), "write a smaller burst, or a higher rate", "after a burst of %d it would take more than a year until as many may come again", l.Burst)
	}
}

// readRealm reads what stands between quotes in a header field.
func readRealm(b *block, a *argument, basic *site.BasicAuth) {
	basic.Realm = strings.Trim(a.standard, `"`)
	realm, ok := b.text(a)
	if !ok {
		return
	}
	if realm.text == "" || len(realm.text) > 200 || strings.ContainsFunc(realm.text, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
		b.errorAt(realm.place, `use letters, digits and spaces, and no '"' or '\'`, "%q cannot be a realm", realm.text)
		return
	}
	basic.Realm = realm.text
}

// readUsersFile reads the file as the edge will, so that what is wrong with it is
// told before.
func readUsersFile(b *block, a *argument, basic *site.BasicAuth) {
	name, ok := b.text(a)
	if !ok {
		return
	}
	path, ok := b.pathOf(a.name, name)
	if !ok {
		return
	}
	basic.UsersFile = path
	switch found := b.look(path); {
	case found.problem != "":
		b.errorAt(name.place, lookedAt(name, path), "%s %q %s", a.name, name.text, found.problem)
		return
	case found.directory:
		b.errorAt(name.place, "name a file", "%s %q is a directory", a.name, name.text)
		return
	}
	switch data, err := htpasswd.Read(path); {
	case errors.Is(err, htpasswd.ErrNotPlain), errors.Is(err, htpasswd.ErrTooLarge):
		b.errorAt(name.place, "", "%s %q %s", a.name, name.text, err)
	case err != nil:
		b.errorAt(name.place, "", "%s %q %s", a.name, name.text, missing(err))
	default:
		b.checkUsers(a, name, data)
	}
}

// fewProblems is the most lines of a file of users about which there are messages.
const fewProblems = 10

func (b *block) checkUsers(a *argument, name located, data []byte) {
	_, problems := htpasswd.Parse(data)
	for i, p := range problems {
		if i == fewProblems {
			break
		}
		say := b.errorAt
		if p.Weak {
			say = b.warnAt
		}
		say(name.place, p.Remedy, "%s %q, line %d: %s", a.name, name.text, p.Line, p.What)
	}
}

// readVerifier reads the name of the app that says who comes in.
func readVerifier(b *block, a *argument, f *site.ForwardAuth) {
	name, ok := b.siteBackend(a, b.around.around)
	if !ok {
		return
	}
	f.Backend = name.text
	for _, backend := range b.around.around.model.(*siteDraft).Backends {
		if backend.Name == name.text && backend.FastCGI != nil {
			b.errorAt(name.place, "name the backend of an app that speaks HTTP", "backend %q cannot be asked: it speaks FastCGI", name.text)
		}
	}
}

// readVerifierPath reads a path, with or without a query.
func readVerifierPath(b *block, a *argument, f *site.ForwardAuth) {
	f.Path = strings.Trim(a.standard, `"`)
	path, ok := b.text(a)
	if !ok {
		return
	}
	if !strings.HasPrefix(path.text, "/") || strings.ContainsFunc(path.text, func(r rune) bool { return r <= ' ' || r > '~' || r == '#' }) {
		b.errorAt(path.place, "write a path such as "+a.example, "%s cannot be %q", a.name, path.text)
		return
	}
	f.Path = path.text
}

// readCopied reads the names of fields that a request gets.
func readCopied(b *block, a *argument, f *site.ForwardAuth) {
	reserved := requestNames()
	seen := map[string]hcl.Range{}
	names, _ := b.texts(a)
	for _, name := range names {
		if !b.checkHeaderName(name, reserved, "cannot be set here") {
			continue
		}
		key := textproto.CanonicalMIMEHeaderKey(strings.ReplaceAll(name.text, "_", "-"))
		if first, again := seen[key]; again {
			b.errorAt(name.place, "keep one of them", "%s is named twice: first at %s", name.text, b.where(first))
			continue
		}
		if strings.Count(name.text, "-") > mostHyphens || strings.Contains(name.text, "_") {
			b.errorAt(name.place, fmt.Sprintf("use letters, digits and at most %d \"-\"", mostHyphens), "%s cannot be copied", name.text)
			continue
		}
		seen[key] = name.place
		f.CopyHeaders = append(f.CopyHeaders, site.HeaderName{Name: name.text, Source: b.sourceOf(name.place)})
	}
	slices.SortFunc(f.CopyHeaders, func(x, y site.HeaderName) int { return compareNames(x.Name, y.Name) })
}

// mostHyphens bounds the hyphens in a copied name, since a client could write "_" for
// each of them, and every such spelling is removed.
const mostHyphens = 5
