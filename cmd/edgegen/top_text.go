package main

import (
	"fmt"
	"strings"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/engines"
	"edgegen/internal/printable"
	"edgegen/internal/site"
	"edgegen/internal/tones"
)

// topText is an overview for people. A width of 0 breaks no lines.
func topText(o api.Overview, now time.Time, color bool, width int) string {
	var out strings.Builder
	up := time.Duration(o.Uptime * float64(time.Second))
	fmt.Fprintf(&out, "%s, up %s: %s\n\n", tones.Paint(color, stateTone(o.State), o.State), short(up), printable.Text(o.Site))
	writeProblems(&out, o.Problems, color, width)
	tiers := newTable("TIER", "ENGINE", "STATE", "SINCE", "RESTARTS")
	for _, t := range o.Tiers {
		state := cell{t.State, stateTone(t.State)}
		if t.StandIn {
			state = cell{"stands in", tones.Warning}
		}
		tiers.add("", cell{text: t.Role}, cell{text: strings.TrimSpace(t.Engine + " " + engineVersion(t))}, state, cell{text: age(t.Since, now)}, cell{text: fmt.Sprint(t.Restarts)})
	}
	tiers.write(&out, color, width)
	if o.Traffic == nil {
		fmt.Fprintln(&out, "\nRequests are not counted: the site has no edge { metrics {} }.")
		return out.String()
	}
	writeTraffic(&out, o, color, width)
	return out.String()
}

// engineVersion is that of a daemon; builtin tiers have that of edgegen.
func engineVersion(t api.TierStatus) string {
	if !engines.IsDaemon(site.Engine(t.Engine)) {
		return ""
	}
	return t.Version
}

func writeProblems(out *strings.Builder, all []api.Problem, color bool, width int) {
	if len(all) == 0 {
		fmt.Fprintln(out, tones.Paint(color, tones.Green, "Nothing needs attention."))
	}
	for _, p := range all {
		mark, tone := "! ", tones.Warning
		if p.Severe {
			mark, tone = "✕ ", tones.Alarm
		}
		what := wrap(printable.Text(strings.ToUpper(p.What[:1])+p.What[1:]), width-len("! "))
		fmt.Fprintln(out, tones.Paint(color, tone, mark+strings.Join(what, "\n  ")))
		if p.Why != "" {
			why := wrap(printable.Text(strings.Join(strings.Fields(p.Why), " ")), width-len("  "))
			fmt.Fprintln(out, "  "+strings.Join(why, "\n  "))
		}
	}
	out.WriteByte('\n')
}

func writeTraffic(out *strings.Builder, o api.Overview, color bool, width int) {
	t := o.Traffic
	sum := fmt.Sprintf("%s requests/s, %s fail, %s from the cache, %s/s; half within %s, 95 %% within %s; of the last %.0f s",
		rate(t.All.Requests), share(t.All.Failed, t.All.Requests), share(t.All.Stored, t.All.Requests), bytesText(t.All.Bytes), took(t.All.P50), took(t.All.P95), t.Window)
	fmt.Fprintf(out, "\n%s\n\n", strings.Join(wrap(sum, width), "\n"))
	sites := newTable("SITE", "REQUESTS/S", "FAIL", "FROM CACHE", "HALF", "95 %", "FIVE MINUTES")
	sites.lates = true
	for _, s := range t.Sites {
		sites.add("", append(cellsOf(orDash(s.Site), rate(s.Requests), share(s.Failed, s.Requests), share(s.Stored, s.Requests), took(s.P50), took(s.P95)), cell{text: spark(s.Points)})...)
	}
	sites.write(out, color, width)
	if len(t.Backends) == 0 {
		return
	}
	out.WriteByte('\n')
	apps := newTable("BACKEND", "SITE", "REQUESTS/S", "FAIL", "HALF", "95 %", "FIVE MINUTES")
	apps.lates = true
	for _, b := range t.Backends {
		apps.add("", append(cellsOf(b.Name, b.Site, rate(b.Requests), share(b.Failed, b.Requests), took(b.P50), took(b.P95)), cell{text: spark(b.Points)})...)
	}
	apps.write(out, color, width)
}

func rate(n float64) string {
	if n > 0 && n < 10 {
		return fmt.Sprintf("%.1f", n)
	}
	return fmt.Sprintf("%.0f", n)
}

func share(part, all float64) string {
	switch {
	case all == 0:
		return "-"
	case part > 0 && part < all/10:
		return fmt.Sprintf("%.1f %%", 100*part/all)
	}
	return fmt.Sprintf("%.0f %%", 100*part/all)
}

// took is a time that a histogram tells, in milliseconds; "-" for none.
func took(ms float64) string {
	switch {
	case ms == 0:
		return "-"
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return milliseconds(ms)
}

func bytesText(n float64) string {
	units := []string{"B", "KiB", "MiB", "GiB"}
	for n >= 1024 && len(units) > 1 {
		n, units = n/1024, units[1:]
	}
	return fmt.Sprintf("%.0f %s", n, units[0])
}

// spark draws points, the latest at the right, each of two of them one column wide.
func spark(points []float64) string {
	const bars = "▁▂▃▄▅▆▇█"
	var most float64
	var pairs []float64
	for i := len(points) % 2; i+1 < len(points); i += 2 {
		pairs = append(pairs, (points[i]+points[i+1])/2)
		most = max(most, pairs[len(pairs)-1])
	}
	var line strings.Builder
	for _, p := range pairs {
		level := 0
		if most > 0 {
			level = int(p / most * 7)
		}
		line.WriteRune([]rune(bars)[level])
	}
	return line.String()
}
