package watch

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// site is a directory that a case changes.
type site struct {
	*testing.T
	dir string
}

func (s site) path(name string) string { return filepath.Join(s.dir, name) }

func (s site) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s site) write(name, text string) {
	s.Helper()
	s.must(os.MkdirAll(filepath.Dir(s.path(name)), 0o755))
	s.must(os.WriteFile(s.path(name), []byte(text), 0o644))
}

// replace writes as editors do: beside the file, then over it.
func (s site) replace(name, text string) {
	s.Helper()
	s.write(name+".new", text)
	s.rename(name+".new", name)
}

func (s site) rename(from, to string)   { s.Helper(); s.must(os.Rename(s.path(from), s.path(to))) }
func (s site) remove(name string)       { s.Helper(); s.must(os.RemoveAll(s.path(name))) }
func (s site) mkdir(name string)        { s.Helper(); s.must(os.MkdirAll(s.path(name), 0o755)) }
func (s site) link(target, name string) { s.Helper(); s.must(os.Symlink(target, s.path(name))) }

// relink swaps a link as Kubernetes does.
func (s site) relink(target, name string) {
	s.Helper()
	s.link(target, name+"_tmp")
	s.rename(name+"_tmp", name)
}

// steps are changes, each of which is to be told, or none.
type steps []func(site)

var changes = []struct {
	name   string
	follow string // names, with blanks between them
	setup  func(site)
	told   steps
	untold steps
}{
	{
		name: "a file written in place", follow: "a.hcl",
		setup:  func(s site) { s.write("a.hcl", "one") },
		told:   steps{func(s site) { s.write("a.hcl", "two") }, func(s site) { s.write("a.hcl", "") }},
		untold: steps{func(s site) { s.write("b.hcl", "another") }},
	},
	{
		name: "a file renamed over", follow: "a.hcl",
		setup:  func(s site) { s.write("a.hcl", "one") },
		told:   steps{func(s site) { s.replace("a.hcl", "two") }, func(s site) { s.replace("a.hcl", "three") }},
		untold: steps{func(s site) { s.replace("a.hcl", "one") }},
	},
	{
		name: "a file moved away before it is written anew", follow: "a.hcl",
		setup: func(s site) { s.write("a.hcl", "one") },
		told: steps{
			func(s site) { s.rename("a.hcl", "a.hcl~"); s.write("a.hcl", "two") },
			func(s site) { s.rename("a.hcl", "a.hcl~"); s.write("a.hcl", "three") },
		},
	},
	{
		name: "a file touched", follow: "a.hcl",
		setup:  func(s site) { s.write("a.hcl", "one") },
		untold: steps{func(s site) { s.write("a.hcl", "one") }, func(s site) { s.must(os.Chmod(s.path("a.hcl"), 0o600)) }},
	},
	{
		name: "a file that vanishes and returns", follow: "a.hcl",
		setup: func(s site) { s.write("a.hcl", "one") },
		told:  steps{func(s site) { s.remove("a.hcl") }, func(s site) { s.write("a.hcl", "one") }},
	},
	{
		name: "a file that is not there yet, nor its directories", follow: "certs/a/cert.pem",
		told:   steps{func(s site) { s.write("certs/a/cert.pem", "one") }},
		untold: steps{func(s site) { s.mkdir("certs") }},
	},
	{
		name: "a directory removed and made again", follow: "certs/cert.pem certs/key.pem",
		setup: func(s site) { s.write("certs/cert.pem", "one"); s.write("certs/key.pem", "one") },
		told: steps{
			func(s site) { s.remove("certs") },
			func(s site) { s.write("certs/cert.pem", "two"); s.write("certs/key.pem", "two") },
			func(s site) { s.write("certs/key.pem", "three") },
			func(s site) { s.remove("certs"); s.write("certs/cert.pem", "four"); s.write("certs/key.pem", "four") },
			func(s site) { s.replace("certs/key.pem", "five") },
		},
	},
	{
		name: "a directory moved away, another one in its place", follow: "certs/live/cert.pem",
		setup: func(s site) { s.write("certs/live/cert.pem", "one"); s.write("next/live/cert.pem", "two") },
		told: steps{
			func(s site) { s.rename("certs", "old"); s.rename("next", "certs") },
			func(s site) { s.write("certs/live/cert.pem", "three") },
		},
		untold: steps{func(s site) { s.mkdir("beside") }},
	},
	{
		name: "Kubernetes swaps its link", follow: "mount/tls.crt",
		setup: func(s site) {
			s.write("mount/..2026_1/tls.crt", "one")
			s.link("..2026_1", "mount/..data")
			s.link("..data/tls.crt", "mount/tls.crt")
		},
		told: steps{
			func(s site) {
				s.write("mount/..2026_2/tls.crt", "two")
				s.relink("..2026_2", "mount/..data")
				s.remove("mount/..2026_1")
			},
			func(s site) {
				s.write("mount/..2026_3/tls.crt", "three")
				s.relink("..2026_3", "mount/..data")
				s.remove("mount/..2026_2")
			},
		},
		untold: steps{func(s site) {
			s.write("mount/..2026_2/tls.crt", "one")
			s.relink("..2026_2", "mount/..data")
			s.remove("mount/..2026_1")
		}},
	},
	{
		name: "certbot renews", follow: "live/a/fullchain.pem",
		setup: func(s site) {
			s.write("archive/a/fullchain1.pem", "one")
			s.mkdir("live/a")
			s.link("../../archive/a/fullchain1.pem", "live/a/fullchain.pem")
		},
		told: steps{
			func(s site) {
				s.write("archive/a/fullchain2.pem", "two")
				s.remove("live/a/fullchain.pem")
				s.link("../../archive/a/fullchain2.pem", "live/a/fullchain.pem")
			},
			func(s site) { s.write("archive/a/fullchain2.pem", "two, mended") },
		},
		untold: steps{func(s site) { s.write("archive/a/fullchain2.pem", "two") }},
	},
	{
		name: "a link of which the target appears", follow: "a.hcl",
		setup: func(s site) { s.link(s.path("away/b.hcl"), "a.hcl") },
		told:  steps{func(s site) { s.write("away/b.hcl", "one") }},
	},
	{
		name: "a link to itself, mended", follow: "a.hcl",
		setup: func(s site) { s.link("a.hcl", "a.hcl") },
		told:  steps{func(s site) { s.replace("a.hcl", "one") }},
	},
	{
		name: "a directory of site files", follow: "sites",
		setup: func(s site) { s.write("sites/a.hcl", "one") },
		told: steps{
			func(s site) { s.write("sites/b.hcl", "one") },
			func(s site) { s.write("sites/b.hcl", "two") },
			func(s site) { s.rename("sites/b.hcl", "sites/c.hcl") },
			func(s site) { s.remove("sites/c.hcl") },
			func(s site) { s.remove("sites") },
			func(s site) { s.write("sites/a.hcl", "one") },
		},
		untold: steps{
			func(s site) { s.write("sites/.a.hcl.swp", "x") },
			func(s site) { s.write("sites/.b.hcl", "x") },
			func(s site) { s.write("sites/notes.txt", "x") },
			func(s site) { s.write("sites/below/b.hcl", "x") },
			func(s site) { s.mkdir("sites/d.hcl") },
		},
	},
	{
		name: "a directory whose files are links", follow: "sites",
		setup: func(s site) {
			s.write("sites/..2026_1/a.hcl", "one")
			s.link("..2026_1", "sites/..data")
			s.link("..data/a.hcl", "sites/a.hcl")
		},
		told: steps{
			func(s site) { s.write("sites/..2026_2/a.hcl", "two"); s.relink("..2026_2", "sites/..data") },
			func(s site) { s.write("sites/..2026_2/a.hcl", "three") },
		},
		untold: steps{func(s site) { s.write("sites/..2026_2/a.hcl", "two") }},
	},
	{
		name: "a file through another name of it", follow: "mount/a.hcl",
		setup: func(s site) {
			s.write("host/a.hcl", "one")
			s.mkdir("mount")
			s.must(os.Link(s.path("host/a.hcl"), s.path("mount/a.hcl")))
		},
		told: steps{func(s site) { s.write("host/a.hcl", "two") }},
	},
	{
		name: "a pipe in the place of a file", follow: "a.hcl",
		setup: func(s site) { s.write("a.hcl", "one") },
		told: steps{
			func(s site) { s.remove("a.hcl"); s.must(syscall.Mkfifo(s.path("a.hcl"), 0o600)) },
			func(s site) { s.remove("a.hcl"); s.mkdir("a.hcl") },
			func(s site) { s.remove("a.hcl"); s.write("a.hcl", "two") },
		},
	},
	{
		name: "a file in the place of a directory", follow: "certs/cert.pem",
		setup: func(s site) { s.write("certs/cert.pem", "one") },
		told: steps{
			func(s site) { s.remove("certs"); s.write("certs", "x") },
			func(s site) { s.remove("certs"); s.write("certs/cert.pem", "one") },
		},
	},
}
