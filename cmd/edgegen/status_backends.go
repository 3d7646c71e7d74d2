package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/printable"
)

// writeEndpoints tells of the addresses of the backends that edgegen looks after,
// and what their names stand for. Of others there is nothing to tell.
func writeEndpoints(out *strings.Builder, all []api.BackendStatus, now time.Time, color bool, width int) {
	addresses, any := newTable("SITE", "BACKEND", "ADDRESS", "STATE", "SINCE", "OPEN"), false
	for _, b := range all {
		for _, e := range b.Endpoints {
			any = true
			addresses.add(endpointRemark(e, now), cell{text: b.Site}, cell{text: b.Name}, cell{text: e.Address},
				cell{e.State, stateTone(e.State)}, cell{text: age(e.Since, now)}, cell{text: strconv.Itoa(e.Open)})
		}
	}
	if any {
		out.WriteByte('\n')
		addresses.write(out, color, width)
	}
	for _, line := range nameLines(all, now) {
		fmt.Fprintf(out, "\n%s\n", strings.Join(wrap(line, width), "\n"))
	}
}

// endpointRemark is why a server is not well, or how a request failed there last.
func endpointRemark(e api.EndpointStatus, now time.Time) string {
	if e.Reason == "" && e.LastFailure != nil {
		return "failed " + age(e.LastFailure.At, now) + " ago: " + e.LastFailure.Reason
	}
	return e.Reason
}

func nameLines(all []api.BackendStatus, now time.Time) []string {
	var lines []string
	for _, b := range all {
		for _, n := range b.Names {
			line := fmt.Sprintf("%s is %s; asked for again in %s", n.Name, orDash(strings.Join(n.Addresses, " ")), age(now, n.Next))
			if n.Problem != "" {
				line += "; for " + age(n.Since, now) + ": " + printable.Text(n.Problem)
			}
			lines = append(lines, line)
		}
	}
	return lines
}
