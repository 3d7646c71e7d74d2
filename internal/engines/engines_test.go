package engines

import (
	"slices"
	"testing"

	"edgegen/internal/site"
)

// TestRows holds that every daemon says what the rooms that read the list take for granted.
func TestRows(t *testing.T) {
	for _, d := range Daemons() {
		if d.Title == "" || len(d.Tiers) == 0 || len(d.Programs) == 0 || d.Package == "" || d.Debian == "" || d.Minimum == "" || d.Because == "" || d.Tried == "" || d.Does == "" || d.Reloads == "" || d.Cannot == nil {
			t.Errorf("the row of %s is not complete: %+v", d.Name, d)
		}
		for _, tier := range append(slices.Clone(d.Tiers), d.Besides...) {
			if !slices.Contains(Choices(tier), d.Name) {
				t.Errorf("%s cannot be named for %s", d.Name, tier)
			}
		}
	}
	for _, d := range Differences() {
		if !IsDaemon(d.Engine) || d.With != "" && !IsDaemon(d.With) {
			t.Errorf("%s is about %q and %q, which are no daemons", d.Name, d.Engine, d.With)
		}
	}
	if IsDaemon(site.Auto) || IsDaemon(site.Builtin) || IsDaemon(site.Off) || len(For(site.WebTier)) != 1 || Joins(site.Stunnel, site.TLSTier) || !Joins(site.Nginx, site.TLSTier) {
		t.Error("the list takes one engine for another")
	}
}
