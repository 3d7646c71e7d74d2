package units

import (
	"fmt"
	"time"

	"edgegen/internal/engines"
	"edgegen/internal/site"
)

// daemon is a unit of one daemon.
type daemon struct {
	unit

	Daemon  engines.Daemon
	Program string // its name, which systemd looks for where programs are
}

// daemons are a target, a unit that renders the files, and one for each daemon that
// serves a tier of the site, from the inside out as they are started.
func (u unit) daemons() ([]Unit, error) {
	for _, tier := range site.Tiers() {
		if u.Edge.Engine.Of(tier) == site.Builtin {
			return nil, fmt.Errorf("the site has %s = %q, which is a part of edgegen and no daemon: leave --daemons out", tier, site.Builtin)
		}
	}
	text, err := u.fill("target.tmpl", u)
	if err != nil {
		return nil, err
	}
	units := []Unit{{u.Name + ".target", text}}
	if text, err = u.fill("files.service.tmpl", u); err != nil {
		return nil, err
	}
	units = append(units, Unit{u.Name + "-files.service", text})
	for _, d := range u.serving() {
		text, err := u.fill(string(d.Name)+".service.tmpl", daemon{unit: u, Daemon: d, Program: d.Programs[0]})
		if err != nil {
			return nil, err
		}
		units = append(units, Unit{u.Name + "-" + string(d.Name) + ".service", text})
	}
	return units, nil
}

// serving are the daemons of the site's tiers, from the inside out.
func (u unit) serving() []engines.Daemon {
	var all []engines.Daemon
	tiers := site.Tiers()
	for i := len(tiers) - 1; i >= 0; i-- {
		for _, d := range engines.Daemons() {
			if u.serves(d, tiers[i]) {
				all = append(all, d)
			}
		}
	}
	return all
}

// serves reports whether a daemon's unit is for a tier: auto, without edgegen, is the
// first daemon that can.
func (u unit) serves(d engines.Daemon, tier string) bool {
	switch engine := u.Edge.Engine.Of(tier); engine {
	case site.Off, site.Builtin:
		return false
	case site.Auto:
		return d.Tiers[0] == tier
	default:
		return engine == d.Name && d.Tiers[0] == tier
	}
}

// Others are the names of the daemons' units.
func (u unit) Others() []string {
	var all []string
	for _, d := range u.serving() {
		all = append(all, u.Name+"-"+string(d.Name)+".service")
	}
	return all
}

// Files is the directory that the site is rendered into.
func (u unit) Files() string { return "/var/lib/" + u.Name + "/files" }

// seconds is a duration as systemd writes it, rounded up.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
