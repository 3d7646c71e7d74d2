package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/printable"
)

// writeMembers tells of the edges that answer together.
func writeMembers(out *strings.Builder, c *api.ClusterStatus, now time.Time, color bool, width int) {
	if c == nil {
		return
	}
	rows := newTable("MEMBER", "STATE", "SINCE", "ASKED", "FAILED")
	for _, m := range c.Members {
		asked, failed := strconv.FormatUint(m.Asked, 10), strconv.FormatUint(m.Failed, 10)
		if m.State == "self" {
			asked, failed = "-", "-"
		}
		rows.add(printable.Text(m.Problem), cell{text: m.Name}, cell{m.State, stateTone(m.State)}, cell{text: age(m.Since, now)}, cell{text: asked}, cell{text: failed})
	}
	out.WriteByte('\n')
	rows.write(out, color, width)
	for _, f := range c.Found {
		fmt.Fprintf(out, "found by %s: %d\n", printable.Text(f.By), f.Members)
		if f.Problem != "" {
			fmt.Fprintf(out, "  %s\n", printable.Text(f.Problem))
		}
	}
	out.WriteString("answers given to other members: " + strconv.FormatUint(c.Answers, 10) + "\n")
}
