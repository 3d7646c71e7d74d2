package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"edgegen/internal/config"
	"edgegen/internal/engines"
	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/site"
)

// examineEngines tells which engine would serve each tier, and why.
func (x *examination) examineEngines(ctx context.Context) []Line {
	x.chosen = make(map[string]generation.Chosen)
	x.options.Select.LeaveOut(x.edge)
	var lines []Line
	for _, role := range site.Tiers() {
		found := &config.Findings{Loaded: x.loaded}
		wanted, _ := x.options.Select.Wanted(x.edge, role)
		c, err := x.options.Select.Choose(ctx, x.edge, role, found)
		switch {
		case found.All.HasErrors():
			lines = append(lines, Line{LevelProblem, role, placed(found.All[0]), found.All[0].Remedy})
			continue
		case err != nil:
			lines = append(lines, Line{LevelProblem, role, err.Error(),
				fmt.Sprintf("install it, or let edgegen serve the tier: %s = \"builtin\"", role)})
			continue
		}
		x.chosen[role] = c
		if c.Engine == site.Off {
			lines = append(lines, Line{LevelOK, role, "off: " + c.Reason, ""})
			continue
		}
		if c.Engine != site.Builtin {
			lines = append(lines, Line{LevelOK, role, daemonText(c.Daemon) + ": " + c.Reason, ""})
			continue
		}
		daemon, err := native.Find(ctx, engines.For(role)[0], native.Directories(os.Getenv("PATH")))
		lines = append(lines, builtinLine(c, wanted, daemon, err))
	}
	found := &config.Findings{Loaded: x.loaded}
	if generation.Together(x.edge, x.chosen, found); found.All.HasErrors() {
		lines = append(lines, Line{LevelProblem, site.TLSTier, placed(found.All[0]), found.All[0].Remedy})
	}
	return lines
}

func daemonText(d native.Daemon) string {
	return fmt.Sprintf("%s %s (%s)", d.Engine, d.Version, d.Path)
}

// builtinLine tells why no daemon serves a tier. The error is that of looking
// for the daemon. One that is there and cannot be used deserves a warning.
func builtinLine(c generation.Chosen, wanted site.Engine, daemon native.Daemon, err error) Line {
	line := Line{LevelOK, c.Role, "builtin: " + c.Reason, ""}
	problem := (*native.FindError)(nil)
	switch {
	case err == nil:
		line.Text += "; " + daemonText(daemon) + " is there"
	case wanted == site.Auto && errors.As(err, &problem) && problem.Problem != native.NotInstalled:
		line.Level = LevelWarning
	}
	return line
}

// native reports whether a daemon would serve the tier.
func (x *examination) native(role string) bool {
	c, decided := x.chosen[role]
	return decided && engines.IsDaemon(c.Engine)
}

// compiling is the daemon that would serve and calls a compiler.
func (x *examination) compiling() (native.Daemon, bool) {
	for _, c := range x.chosen {
		if d, _ := engines.Named(c.Engine); d.Compiles {
			return c.Daemon, true
		}
	}
	return native.Daemon{}, false
}

// examineCompiler tries the compiler that varnishd calls.
func (x *examination) examineCompiler(ctx context.Context) []Line {
	const subject = "vcl"
	daemon, compiles := x.compiling()
	if !compiles {
		return []Line{{LevelOK, subject, "no compiler is needed: varnish does not serve the cache tier", ""}}
	}
	const remedy = "install it (on Debian and Ubuntu gcc and libc6-dev), or write cache = \"builtin\" in the engine block"
	compiler, err := native.FindCompiler(daemon.Path)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return []Line{{LevelProblem, subject, "varnishd compiles it with " + compiler.Program + ", which is not installed", remedy}}
	case err != nil:
		return []Line{{LevelWarning, subject, err.Error(), "see that a C compiler is installed"}}
	}
	if err := compiler.Try(ctx); err != nil {
		return []Line{{LevelProblem, subject, "varnishd's command for compiling fails: " + err.Error(), remedy}}
	}
	return []Line{{LevelOK, subject, compiler.Path + " compiles and links with varnishd's command", ""}}
}

// examineDifferences lists what the engines do otherwise than is promised.
func (x *examination) examineDifferences() []Line {
	var lines []Line
	for _, d := range engines.Differences() {
		if x.options.All || x.makes(d) {
			lines = append(lines, Line{LevelNote, d.Whose() + " " + d.Clause, fmt.Sprintf("%s (%s)", d.What, d.Why), ""})
		}
	}
	if len(lines) == 0 {
		return []Line{{LevelOK, "none", "these engines keep every clause of the contract", ""}}
	}
	return lines
}

// makes reports whether the engines that would serve make a difference.
func (x *examination) makes(d engines.Difference) bool {
	return x.uses(d.Engine, d.Tier) && (d.With == "" || x.uses(d.With, "")) && d.In(x.versionOf(d.Engine))
}

// versionOf is that of an engine which would serve; "" where it would not.
func (x *examination) versionOf(engine site.Engine) string {
	for _, c := range x.chosen {
		if c.Engine == engine {
			return c.Daemon.Version
		}
	}
	return ""
}

// uses reports whether an engine would serve the tier, or any where that is "".
func (x *examination) uses(engine site.Engine, tier string) bool {
	for role, c := range x.chosen {
		if c.Engine == engine && (tier == "" || tier == role) {
			return true
		}
	}
	return false
}
