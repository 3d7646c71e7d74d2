package config

import (
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"time"

	"github.com/hashicorp/hcl/v2"

	"edgegen/internal/certificate"
)

// loader collects what a load finds. A decoder reports a problem to it and
// goes on with a default, so that one load shows all problems.
type loader struct {
	root        string // absolute
	valueRoot   string // where files of values are, and what functions read; absolute
	shownRoot   string // as the user gave it
	now         func() time.Time
	language    *schema
	dynamicKind *schema // of the blocks that stand for others
	shifter     shifter
	claims      map[string]hcl.Range // the names of sites, and where they are
	given       []Given
	shared      string            // the path of a file that lies beneath the others, as it was given; "" for none
	texts       map[string][]byte // texts that are read instead of files, by the absolute paths of these
	scope       *scope            // of what stands in the files themselves
	// scopeID names the values of all variables and locals. It is the same where their
	// blocks, the given values, and what they rely on are the same, and "" until they
	// have their values.
	scopeID        string
	identification hash.Hash
	declared       map[string][]string // the names of variables and locals, sorted
	origins        map[hcl.Range]origin
	secrets        secrets
	contents       map[string]fileRead
	clientsRead    map[clientsFiles]clientsReading
	instance       string          // that is being decoded
	without        []without       // sites that have no tls block
	repeated       map[problem]int // the index of a problem that is about an instance
	more           map[int]int     // how many more instances a problem is about
	errors         int             // how many were reported
	sources        map[string]*source
	diagnostics    Diagnostics
	omitted        int      // diagnostics beyond the limit
	worst          Severity // of those; a site is not refused for its warnings
	files          []string
	environment    []string // what is asked of it
	certificates   map[pairFiles]certificate.Pair
	seen           map[string]sight
	before         memory // of the load before; it is not written to
	memory         memory // of this load
	decoded        bool   // the memory is whole
	note           *note  // of the site block that is being decoded; nil for none
}

// maxDiagnostics keeps a hopeless file from flooding the terminal.
const maxDiagnostics = 200

// fail reports a problem of a whole file.
func (l *loader) fail(shown, remedy, format string, args ...any) {
	l.add(Diagnostic{Severity: Error, Summary: fmt.Sprintf(format, args...), Remedy: remedy, File: shown})
}

func (l *loader) add(d Diagnostic) {
	if d.Severity == Error {
		l.errors++
	}
	if len(l.diagnostics) >= maxDiagnostics {
		if l.omitted++; l.omitted == 1 || d.Severity == Error {
			l.worst = d.Severity
		}
		return
	}
	l.diagnostics = append(l.diagnostics, d)
}

// causeOf is an error of os without the path, which the message has already.
func causeOf(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
