package gateway

import (
	"fmt"
	"maps"

	"edgegen/internal/config"
)

// Settle builds, and has each edge's site file looked at by check, which says what config
// makes of it. A part of an object that is refused is left out and told in the object's
// status, and the build begins again, until nothing is refused. The error tells of a
// refusal that no object is to blame for, such as one of the file that edges share.
func Settle(objects Objects, o Options, check func(Edge) (config.Diagnostics, error)) (*Plan, error) {
	refused := map[Ref]string{}
	for {
		plan := Build(objects, o, refused)
		found := map[Ref]string{}
		var shared config.Diagnostics
		for _, e := range plan.Edges {
			diagnostics, err := check(e)
			if err != nil {
				return nil, fmt.Errorf("look at the site of edge %s: %w", e.ID, err)
			}
			for _, d := range diagnostics {
				if d.Severity != config.Error {
					continue
				}
				if o.Shared != "" && d.File == o.Shared {
					shared = append(shared, d)
					continue
				}
				at, known := e.Source(d.Line)
				if _, before := refused[at]; before || !known {
					return nil, fmt.Errorf("the site of edge %s is refused: %w", e.ID, &config.Refused{Diagnostics: config.Diagnostics{d}})
				}
				if found[at] == "" {
					found[at] = inWords(d)
				}
			}
		}
		if len(shared) > 0 {
			return nil, &config.Refused{Diagnostics: shared}
		}
		if len(found) == 0 {
			return plan, nil
		}
		maps.Copy(refused, found)
	}
}

// inWords is a diagnostic without its place in a file that nobody has written.
func inWords(d config.Diagnostic) string {
	if d.Remedy == "" {
		return d.Summary
	}
	return d.Summary + ": " + d.Remedy
}
