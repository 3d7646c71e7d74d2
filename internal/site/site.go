// Package site is the model of an edge: what a site owner's HCL means, as
// plain values. Every default is resolved, every path is absolute, and every
// list is in canonical order, so that two files that mean the same make equal
// models. The package imports nothing of edgegen's and does nothing: no file
// is read and no name is resolved here.
//
// A model is immutable once it is built; it may be read from any goroutine.
package site

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Source is the place in the HCL that asked for a value. The zero value means
// that nobody asked: the value is a default.
type Source struct {
	File string // relative to the directory that was loaded, with forward slashes
	Line int    // 1-based
}

// Site is one canonical host and what is served there.
type Site struct {
	Host        string   // lower case, no trailing dot
	Aliases     []string // likewise; answered with a redirect to Host
	Hosts       []string // likewise, or "*." and a host for one label before it, or "**." for any number; served as they are
	Default     bool     // serves every host that no site claims; at most one site does
	TLS         TLS
	Backends    []Backend // ordered by Name
	Cache       Cache
	HSTS        *HSTS        // nil where the site says nothing of it
	Maintenance *Maintenance // nil where the site has none
	Routes      []Route      // in the order in which they are looked at; the first that fits is taken
	Raw         *RawTexts    // nil for none
	Source      Source

	HostsSource, DefaultSource Source
}

// Names lists what a site claims by name: its canonical host first, then the
// aliases, then the hosts, wildcards among them.
func (s *Site) Names() []string {
	return slices.Concat([]string{s.Host}, s.Aliases, s.Hosts)
}

// Beneath returns the host behind the wildcard of a name of Site.Hosts, and whether the
// name is a wildcard.
func Beneath(name string) (host string, wildcard bool) {
	if host, deep := strings.CutPrefix(name, AnyLabels); deep {
		return host, true
	}
	return strings.CutPrefix(name, "*.")
}

// AnyLabels begins a name of Site.Hosts that stands for any number of labels before a host.
// A name that says more about the host wins over it: a whole name, a wildcard for one
// label, and a wildcard before a longer host. A site has one of them at most.
const AnyLabels = "**."

// Deep returns the host that stands behind AnyLabels in one of the site's names; "" where
// there is none.
func (s *Site) Deep() string {
	for _, name := range s.Hosts {
		if host, deep := strings.CutPrefix(name, AnyLabels); deep {
			return host
		}
	}
	return ""
}

// CertificateNames are Names as certificates have them, which know wildcards for one
// label alone.
func (s *Site) CertificateNames() []string {
	names := s.Names()
	for i, name := range names {
		if host, deep := strings.CutPrefix(name, AnyLabels); deep {
			names[i] = "*." + host
		}
	}
	return names
}

// Variable is one environment variable of a command, ordered by Name.
type Variable struct {
	Name, Value string
}

// Cache is what a site says about its cached responses.
type Cache struct {
	Grace        time.Duration // a stale response is served this long while a fresh one is fetched
	StaleIfError time.Duration // and this long while the backend fails
	// Heuristic lets a response with a Last-Modified and without freshness, on a
	// route without a ttl, stay fresh for a tenth of its age (RFC 9111 4.2.2).
	Heuristic     bool
	IgnoreCookies []string // cookie names, "*" stands for any run of characters
	// IgnoreQuery names parameters of the query, as they are written there and with "*"
	// likewise: requests that differ in them alone share what is stored.
	IgnoreQuery []string
	Tags        string   // the app's header that names tags; "" for none
	Purgers     []Prefix // clients that may purge a URL by asking for it with PurgeMethod
	Status      bool     // answers tell in Cache-Status what the cache did (RFC 9211)
	Source      Source
	PurgeSource Source
}

// HSTS tells browsers to ask by https alone (RFC 6797).
type HSTS struct {
	MaxAge            time.Duration
	IncludeSubdomains bool
	Preload           bool
	Source            Source
}

// Value is the value of Strict-Transport-Security.
func (h *HSTS) Value() string {
	value := "max-age=" + strconv.FormatInt(int64(h.MaxAge/time.Second), 10)
	if h.IncludeSubdomains {
		value += "; includeSubDomains"
	}
	if h.Preload {
		value += "; preload"
	}
	return value
}

// Maintenance is the page that answers everything while its file exists.
type Maintenance struct {
	Page       string // absolute path
	RetryAfter time.Duration
	Source     Source
}
