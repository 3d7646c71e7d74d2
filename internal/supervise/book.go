package supervise

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// book is what must not outlive an instance. It is written as lines, which
// are both the ledger's text and what the guardian is told:
//
//	instance MARKER START BOOT    every child's marker, the supervisor's start, the kernel's boot
//	guardian PID START            the guardian
//	group PID START SESSION NAME  a process group, by its leader
//	gone PID START                the group has ended
//	path PATH                     to be removed, the last one first
//	goodbye                       all is done
//
// NAME and PATH are quoted as in Go.
type book struct {
	marker, boot string
	since        uint64 // start time of the process that supervises: nothing that is sought is older
	guardian     identity
	groups       []group
	paths        []string
	goodbye      bool
}

// group is a process group and the facts about its leader.
type group struct {
	leader  identity
	session int
	name    string
}

const (
	longestPath = 4096
	longestLine = 5 * longestPath // a quoted byte takes up to four
)

func guardianLine(id identity) string { return fmt.Sprintf("guardian %d %d", id.pid, id.start) }
func goneLine(id identity) string     { return fmt.Sprintf("gone %d %d", id.pid, id.start) }
func pathLine(path string) string     { return "path " + strconv.Quote(path) }

func (g group) line() string {
	return fmt.Sprintf("group %d %d %d %s", g.leader.pid, g.leader.start, g.session, strconv.Quote(g.name))
}

// lines returns a text that makes an equal book.
func (b *book) lines() []string {
	var text []string
	if b.marker != "" {
		text = append(text, fmt.Sprintf("instance %s %d %s", b.marker, b.since, b.boot))
	}
	if b.guardian != (identity{}) {
		text = append(text, guardianLine(b.guardian))
	}
	for _, g := range b.groups {
		text = append(text, g.line())
	}
	for _, path := range b.paths {
		text = append(text, pathLine(path))
	}
	if b.goodbye {
		text = append(text, "goodbye")
	}
	return text
}

// apply carries out one line. A line that it cannot read changes nothing.
func (b *book) apply(line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	var err error
	switch verb {
	case "instance":
		err = b.applyInstance(rest)
	case "guardian":
		var id identity
		if id, err = parseIdentity(rest); err == nil {
			b.guardian = id
		}
	case "group":
		err = b.applyGroup(rest)
	case "gone":
		var id identity
		if id, err = parseIdentity(rest); err == nil {
			b.groups = slices.DeleteFunc(b.groups, func(g group) bool { return g.leader == id })
		}
	case "path":
		err = b.applyPath(rest)
	case "goodbye":
		b.goodbye = true
	default:
		err = errors.New("unknown word")
	}
	if err != nil {
		return fmt.Errorf("line %.80q: %w", line, err)
	}
	return nil
}

func (b *book) applyInstance(rest string) error {
	fields := strings.SplitN(rest, " ", 3)
	if len(fields) != 3 || len(fields[0]) < markerLength || strings.ContainsAny(fields[0], "/=\x00") {
		return errors.New("not an instance")
	}
	since, err := strconv.ParseUint(fields[1], 10, 64)
	if err != nil {
		return err
	}
	b.marker, b.since, b.boot = fields[0], since, fields[2]
	return nil
}

func (b *book) applyGroup(rest string) error {
	fields := strings.SplitN(rest, " ", 4)
	if len(fields) != 4 {
		return errors.New("not a group")
	}
	leader, err := parseIdentity(fields[0] + " " + fields[1])
	if err != nil {
		return err
	}
	session, err := strconv.Atoi(fields[2])
	if err != nil {
		return err
	}
	name, err := strconv.Unquote(fields[3])
	if err != nil {
		return err
	}
	known := func(g group) bool { return g.leader == leader }
	if !slices.ContainsFunc(b.groups, known) {
		b.groups = append(b.groups, group{leader: leader, session: session, name: name})
	}
	return nil
}

func (b *book) applyPath(rest string) error {
	path, err := strconv.Unquote(rest)
	if err != nil {
		return err
	}
	if err := checkPath(path); err != nil {
		return err
	}
	b.paths = append(slices.DeleteFunc(b.paths, func(p string) bool { return p == path }), path)
	return nil
}

// parseIdentity refuses the numbers that kill(2) takes for more than one
// process, and init.
func parseIdentity(text string) (identity, error) {
	number, ticks, _ := strings.Cut(text, " ")
	pid, err := strconv.Atoi(number)
	if err != nil {
		return identity{}, err
	}
	start, err := strconv.ParseUint(ticks, 10, 64)
	if err != nil {
		return identity{}, err
	}
	if pid <= 1 {
		return identity{}, fmt.Errorf("process %d is none of ours", pid)
	}
	return identity{pid: pid, start: start}, nil
}

// checkPath refuses what must not be removed by mistake: a path that depends
// on the working directory, and the directories right under the root.
func checkPath(path string) error {
	switch {
	case len(path) > longestPath:
		return errors.New("path too long")
	case !filepath.IsAbs(path) || filepath.Clean(path) != path:
		return fmt.Errorf("path %q is not absolute and clean", path)
	case strings.Count(path, "/") < 2:
		return fmt.Errorf("path %q is too near the root to be removed", path)
	}
	return nil
}

// read applies lines until the stream ends, a goodbye comes, or an error
// other than a bad line. Bad lines, overlong lines, and a last line that was
// cut off are told to complain and left out.
func (b *book) read(in io.Reader, complain func(error)) error {
	reader := bufio.NewReaderSize(in, longestLine)
	for !b.goodbye {
		line, err := reader.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			complain(errors.New("line too long"))
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = reader.ReadSlice('\n')
			}
			line = nil
		}
		if errors.Is(err, io.EOF) {
			return nil // what came without its newline was cut off
		}
		if err != nil {
			return err
		}
		if len(line) == 0 {
			continue
		}
		if err := b.apply(strings.TrimSuffix(string(line), "\n")); err != nil {
			complain(err)
		}
	}
	return nil
}
