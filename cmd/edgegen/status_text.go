package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/printable"
	"edgegen/internal/tones"

	"edgegen/internal/api"
)

// statusText is a status for people. A width of 0 breaks no lines.
func statusText(status api.Status, now time.Time, color bool, width int) string {
	var out strings.Builder
	up := time.Duration(status.Uptime * float64(time.Second))
	fmt.Fprintf(&out, "%s, up %s: %s\n", tones.Paint(color, stateTone(status.State), status.State), short(up), printable.Text(status.Site))
	fmt.Fprintf(&out, "pid %d, generation %d, %s%s\n\n", status.PID, status.Generation, plural(status.Connections.WebSockets, "WebSocket"), leaving(status.Connections))
	tiers := newTable("TIER", "ENGINE", "VERSION", "STATE", "PID", "RESTARTS", "SINCE", "LISTENING")
	for _, t := range status.Tiers {
		tiers.add(remark(t, now), cell{text: t.Role}, cell{text: t.Engine}, cell{text: orDash(t.Version)}, cell{t.State, stateTone(t.State)},
			cell{text: number(t.PID)}, cell{text: strconv.Itoa(t.Restarts)}, cell{text: age(t.Since, now)}, cell{text: listening(t.Listen)})
	}
	tiers.write(&out, color, width)
	if len(status.Backends) > 0 {
		out.WriteByte('\n')
		backends(status.Backends).write(&out, color, width)
		writeEndpoints(&out, status.Backends, now, color, width)
	}
	writeCertificates(&out, status.Certificates, now, color, width)
	writeClients(&out, status.Clients, now, color, width)
	writeMembers(&out, status.Cluster, now, color, width)
	if len(status.Metrics) > 0 {
		fmt.Fprintf(&out, "\nmetrics: %s\n", "http://"+status.Metrics[0]+"/status")
	}
	if t := status.Traces; t != nil {
		fmt.Fprintf(&out, "\ntraces: %s, %s sent, %d lost\n", printable.Text(t.Collector), plural(int(t.Sent), "span"), t.Dropped+t.Failed)
		if t.Problem != "" {
			fmt.Fprintf(&out, "%s\n", strings.Join(wrap(printable.Text("  "+t.Problem), width), "\n"))
		}
	}
	if r := status.LastReload; r != nil {
		fmt.Fprintf(&out, "\n%s\n", strings.Join(wrap(lastReload(r, now), width), "\n"))
	}
	return out.String()
}

// leaving tells of processes that finish their work from before a reload.
func leaving(open api.Connections) string {
	text := ""
	if open.OldWorkers > 0 {
		text += fmt.Sprintf(", %s finishing", plural(open.OldWorkers, "old nginx worker"))
	}
	if open.OldApps > 0 {
		text += fmt.Sprintf(", %s finishing", plural(open.OldApps, "old app"))
	}
	return text
}

func backends(all []api.BackendStatus) *table {
	apps := newTable("SITE", "BACKEND", "STATE", "PID", "RESTARTS", "SERVERS")
	for _, b := range all {
		servers := cell{text: orDash(strings.Join(b.Servers, " "))}
		if b.Process == nil {
			// Somebody else runs the app.
			apps.add("", append(cellsOf(b.Site, b.Name, "-", "-", "-"), servers)...)
			continue
		}
		apps.add("", cell{text: b.Site}, cell{text: b.Name}, cell{b.Process.State, stateTone(b.Process.State)},
			cell{text: number(b.Process.PID)}, cell{text: strconv.Itoa(b.Process.Restarts)}, servers)
	}
	return apps
}

func lastReload(r *api.ReloadStatus, now time.Time) string {
	took := milliseconds(r.Duration)
	if r.OK {
		return fmt.Sprintf("last reload: %s ago, took %s", age(r.At, now), took)
	}
	return printable.Text(strings.Join(strings.Fields(fmt.Sprintf("last reload: refused %s ago after %s: %s", age(r.At, now), took, r.Error)), " "))
}

// listening is where a tier listens. The sockets between the tiers are called by
// their files' names alone.
func listening(addresses []string) string {
	names := make([]string, len(addresses))
	for i, address := range addresses {
		names[i] = address
		if path, local := strings.CutPrefix(address, "unix:"); local {
			names[i] = filepath.Base(path)
		}
	}
	return orDash(strings.Join(names, " "))
}

// remark is what has to be said about a tier: why it is not well, or why its daemon does
// not serve, unless that was asked for. Of a daemon that is well again it says that it had
// failed.
func remark(t api.TierStatus, now time.Time) string {
	well := t.State == "running" && !t.Busy && (t.Engine != "builtin" || strings.HasSuffix(t.Reason, "asks for it"))
	switch {
	case !well:
		return t.Reason
	case t.LastFailure != nil:
		return "started again " + age(t.LastFailure.At, now) + " ago: " + t.LastFailure.Reason
	}
	return ""
}

// stateTone is the colour of a state of the edge or of a process.
func stateTone(state string) string {
	switch state {
	case "ready", "running", "well", "up":
		return tones.Green
	case "starting", "stopping", "backoff", "degraded":
		return tones.Warning
	case "failed", "unwell", "down":
		return tones.Alarm
	}
	return tones.Dim
}

// age is how long ago a time was, "-" for none.
func age(since, now time.Time) string {
	if since.IsZero() {
		return "-"
	}
	return short(now.Sub(since))
}

// short is a duration in its largest unit: 42s, 3m, 5h, 12d.
func short(d time.Duration) string {
	const day = 24 * time.Hour
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 2*day:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/day)
}

// milliseconds is how long a reload took: 312 ms, 1.4 s.
func milliseconds(ms float64) string {
	if ms < 1000 {
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f s", ms/1000)
}

func number(pid int) string {
	if pid == 0 {
		return "-"
	}
	return strconv.Itoa(pid)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
