package api

import (
	"fmt"
	"strings"

	"edgegen/internal/config"
)

// Action is what a reload does to a tier or an app.
type Action string

// The actions, from the lightest to the heaviest.
const (
	Nothing Action = "nothing"
	Reload  Action = "reload"  // the process stays
	Start   Action = "start"   // there was none before
	Stop    Action = "stop"    // there will be none
	Restart Action = "restart" // another process takes its place
)

// Plan is what a reload of the running edge would do, or what it did.
type Plan struct {
	Tiers      []TierPlan `json:"tiers"`      // in the order a request passes them
	Backends   []AppPlan  `json:"backends"`   // the apps that edgegen runs, unchanged ones too
	WebSockets int        `json:"websockets"` // how many would end
}

// Planned is what a plan is asked of. Its zero value is what the edge was started with.
type Planned struct {
	Site  string         // a path; "" for the one that the edge serves
	Given []config.Given // values of its variables; for the site that the edge serves they come after those of its start
	// Templates is a directory with templates in the place of edgegen's; "" for the one
	// of the edge's start, where it has any.
	Templates string
}

// TierPlan is one tier's part of a Plan.
type TierPlan struct {
	Role       string   `json:"role"`   // tls, cache or web; edge for what edgegen does itself, where that changes
	Engine     string   `json:"engine"` // that serves afterwards
	Action     Action   `json:"action"`
	Why        []string `json:"why"`        // what changes, a phrase each; empty for Nothing
	WebSockets int      `json:"websockets"` // how many end with it
}

// AppPlan is one app's part of a Plan.
type AppPlan struct {
	Site       string   `json:"site"`
	Name       string   `json:"name"` // of the backend
	Action     Action   `json:"action"`
	Why        []string `json:"why"`
	WebSockets int      `json:"websockets"` // how many end with its process
}

// Changes reports whether anything would be touched.
func (p Plan) Changes() bool {
	for _, tier := range p.Tiers {
		if tier.Action != Nothing {
			return true
		}
	}
	for _, app := range p.Backends {
		if app.Action != Nothing {
			return true
		}
	}
	return false
}

// TierSockets counts the WebSockets that end with a tier.
func (p Plan) TierSockets() int {
	sum := 0
	for _, tier := range p.Tiers {
		sum += tier.WebSockets
	}
	return sum
}

// Outcome is what a reload that succeeded did.
type Outcome struct {
	Plan       Plan               `json:"plan"`
	Generation int                `json:"generation"` // that is served now
	Duration   float64            `json:"duration_ms"`
	Warnings   config.Diagnostics `json:"warnings"`
}

// Touched lists the tiers and apps that a reload touched.
func (p Plan) Touched() string {
	var names []string
	for _, tier := range p.Tiers {
		if tier.Action != Nothing {
			names = append(names, fmt.Sprintf("%s (%s)", tier.Role, tier.Action))
		}
	}
	for _, app := range p.Backends {
		if app.Action != Nothing {
			names = append(names, fmt.Sprintf("%s/%s (%s)", app.Site, app.Name, app.Action))
		}
	}
	return strings.Join(names, ", ")
}
