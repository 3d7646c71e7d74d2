package main

import (
	"bufio"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"edgegen/internal/config"
	"edgegen/internal/doctor"
	"edgegen/internal/firstsite"
	"edgegen/internal/printable"
)

// questions asks on stderr what no flag has said, and reads the answers.
type questions struct {
	streams
	answers *bufio.Scanner
	file    string // absolute; paths are relative to its directory
	given   func(flag string) bool
}

// nobody is what a person answers to say that there is no app, or that there are no
// files.
const nobody = "none"

func (q questions) all(first firstsite.Site) (firstsite.Site, error) {
	first.HTTP, first.HTTPS = freePorts()
	host, app, files := first.Host, first.App, first.Files
	first.App, first.Files = "", "." // a site is looked at whole: the host alone would serve nothing
	var err error
	if first.Host, err = q.one("host", "Which host is the site for?", host, "localhost", func(said string) error {
		first.Host = said
		return q.good(first)
	}); err != nil {
		return first, err
	}
	first.Files = ""
	only := nobody
	if !q.given("app") {
		only = q.showListeners()
	}
	said, err := q.one("app", "Where does the app listen?", app, only, func(said string) error {
		if said == nobody {
			return nil
		}
		first.App = firstsite.Server(said)
		return q.good(first)
	})
	if err != nil {
		return first, err
	}
	if first.App = firstsite.Server(said); said == nobody {
		first.App = ""
	}
	standard := nobody
	if info, err := os.Stat(filepath.Join(filepath.Dir(q.file), "public")); err == nil && info.IsDir() {
		standard = "public"
	}
	first.Files, err = q.one("files", "Which directory has files to serve?", files, standard, func(said string) error {
		if said == nobody && first.App == "" {
			return errors.New("a site needs an app or files to serve")
		}
		if first.Files = said; said == nobody {
			return nil
		}
		return q.good(first)
	})
	if first.Files == nobody {
		first.Files = ""
	}
	return first, err
}

// one asks a question until the answer is good. If a flag has answered it, nothing is
// asked, and a bad answer is an error. When there is no more input, the standard answer is
// taken.
func (q questions) one(flag, question, said, standard string, good func(string) error) (string, error) {
	if q.given(flag) {
		if err := good(said); err != nil {
			return "", usageError{fmt.Errorf("--%s %q: %w", flag, said, err)}
		}
		return said, nil
	}
	for {
		fmt.Fprintf(q.err, "%s [%s] ", question, standard)
		more := q.answers.Scan()
		said := strings.TrimSpace(q.answers.Text())
		if said == "" {
			said = standard
		}
		err := good(said)
		if err == nil {
			if !more {
				fmt.Fprintln(q.err)
			}
			return said, q.answers.Err()
		}
		if !more {
			return "", fmt.Errorf("--%s %q: %w", flag, said, err)
		}
		fmt.Fprintf(q.err, "  %s\n", printable.Text(err.Error()))
	}
}

// good tells what is wrong with a site in one line.
func (q questions) good(first firstsite.Site) error {
	text, err := first.Text()
	if err == nil {
		err = check(q.file, text)
	}
	refused := (*config.Refused)(nil)
	if !errors.As(err, &refused) {
		return err
	}
	for _, d := range refused.Diagnostics {
		if d.Severity == config.Error {
			return errors.New(strings.TrimSuffix(d.Summary+": "+d.Remedy, ": "))
		}
	}
	return nil
}

// showListeners shows the listeners that may be apps. It returns the listener if there is
// exactly one.
func (q questions) showListeners() (only string) {
	const usersFrom, most = 1024, 8
	var apps []doctor.Listener
	for _, l := range doctor.Listeners() {
		if l.Address.Port() >= usersFrom {
			apps = append(apps, l)
		}
	}
	if len(apps) > 0 {
		fmt.Fprintln(q.err, "What listens on this machine:")
	}
	for i, l := range apps {
		if i == most {
			fmt.Fprintf(q.err, "  and %d more\n", len(apps)-most)
			break
		}
		fmt.Fprintf(q.err, "  %-21s  %s\n", reachedAt(l.Address), printable.Text(l.Process))
	}
	if len(apps) == 1 {
		return reachedAt(apps[0].Address)
	}
	return nobody
}

// reachedAt is where this machine reaches a listener.
func reachedAt(address netip.AddrPort) string {
	if address.Addr().IsUnspecified() {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), address.Port()).String()
	}
	return address.String()
}
