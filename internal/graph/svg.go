package graph

import (
	"cmp"
	"slices"

	"edgegen/internal/site"
)

// The measures of an image, in its own units: those of a character of 13 are about
// 7.8 wide in the font of labels.
const (
	width     = 1000
	labelAt   = 32  // where labels begin
	laneAt    = 236 // where lanes do
	firstTier = 276
	tierStep  = 150
	station   = 124 // the width of a box that says what a tier does
	appWidth  = 210
	header    = 104
	laneStep  = 46
	siteHead  = 46
	siteGap   = 18
	lineStep  = 17
	appGap    = 12
)

// image is a picture whose parts have their places.
type image struct {
	Width, Height int
	Listeners     []placed
	Columns       []column
	Sites         []panel
	AppsAt        int // where apps begin
	AppWidth      int
	Station       int
	LaneAt        int
	LabelAt       int
}

// placed is a line of text and where it stands.
type placed struct {
	Y    int
	Text string
}

type column struct {
	Tier
	X, Middle int
	Builtin   bool
}

type panel struct {
	Site
	Y, Height int
	Ways      []way
	Boxes     []box
}

// way is a lane that is drawn.
type way struct {
	Lane
	Y        int
	End      int // where the line leaves the tiers
	Turn     int // where it leaves its line towards the app
	Bend     int // half of the way there
	AppY     int // where it comes to it; 0 for a lane that comes to none
	Stations []stop
}

// stop is what a tier does on a lane; a dot where there is nothing to say.
type stop struct {
	X, Middle int
	Text      string
}

// box is an app.
type box struct {
	App
	Y, Height int
	Texts     []placed
}

// layOut gives everything its place. Sites stand below each other; each lane has a
// line of its own, and an app stands beside the middle of its lanes.
func (p *Picture) layOut() *image {
	m := &image{Width: width, Station: station, AppWidth: appWidth, LaneAt: laneAt, LabelAt: labelAt, AppsAt: width - appWidth - 28}
	for i, t := range p.Tiers {
		x := firstTier + i*tierStep
		m.Columns = append(m.Columns, column{t, x, x + station/2, t.Engine == string(site.Builtin)})
	}
	for i, l := range p.Listeners {
		m.Listeners = append(m.Listeners, placed{50 + i*lineStep, cut(l.Address+" "+l.Leads, 36)})
	}
	y := header + max(0, len(p.Listeners)-3)*lineStep
	for i := range p.Sites {
		one := m.panel(&p.Sites[i], y)
		m.Sites = append(m.Sites, one)
		y += one.Height + siteGap
	}
	m.Height = y + 8
	return m
}

func (m *image) panel(s *Site, y int) panel {
	one := panel{Site: *s, Y: y}
	one.Also = cut(s.Also, 90-len(s.Host))
	bottom := y + siteHead
	for _, l := range s.Lanes {
		one.Ways = append(one.Ways, m.way(l, bottom+laneStep/2))
		bottom += laneStep
	}
	free := y + siteHead
	one.Boxes = make([]box, len(s.Apps))
	for _, i := range byMiddle(one.Ways, len(s.Apps)) {
		b := newBox(s.Apps[i])
		b.moveTo(max(free, middle(one.Ways, i)-b.Height/2))
		free = b.Y + b.Height + appGap
		one.Boxes[i] = b
	}
	one.Height = max(bottom, free) - y + 6
	for i := range one.Ways {
		if w := &one.Ways[i]; w.App >= 0 {
			b := one.Boxes[w.App]
			w.AppY = min(max(w.Y, b.Y+12), b.Y+b.Height-12)
		}
	}
	return one
}

func (m *image) way(l Lane, y int) way {
	last := m.Columns[len(m.Columns)-1].X + station
	w := way{Lane: l, Y: y, Turn: last + 2, Bend: (last + m.AppsAt) / 2}
	w.Route = cut(l.Route, 25)
	w.Match = cut(l.Match, 31)
	for _, c := range m.Columns {
		text := ""
		switch c.Role {
		case site.CacheTier:
			text = l.Stored
		case site.WebTier:
			if text = l.Files; l.Redirect != "" {
				text = l.Redirect
			}
		}
		if c.Role == site.WebTier && l.WebSocket && slices.ContainsFunc(m.Columns, func(c column) bool { return c.Role == site.CacheTier }) {
			continue // it is passed by
		}
		w.Stations = append(w.Stations, stop{c.X, c.Middle, cut(text, 17)})
		w.End = c.Middle
		if text != "" {
			w.End = c.X + station
		}
	}
	return w
}

func newBox(a App) box {
	const most = 4
	b := box{App: a}
	lines := a.Servers
	if len(lines) > most {
		lines = append(slices.Clone(lines[:most-1]), "and more")
	}
	if a.Note != "" {
		lines = append(slices.Clone(lines), a.Note)
	}
	for _, line := range lines {
		b.Texts = append(b.Texts, placed{Text: cut(line, 27)})
	}
	b.Name = cut(a.Name, 24)
	b.Height = 30 + lineStep*len(lines)
	return b
}

func (b *box) moveTo(y int) {
	b.Y = y
	for i := range b.Texts {
		b.Texts[i].Y = y + 20 + lineStep*(i+1)
	}
}

// byMiddle is the order in which apps stand below each other.
func byMiddle(ways []way, apps int) []int {
	order := make([]int, apps)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(middle(ways, a), middle(ways, b)) })
	return order
}

// middle is that of the lanes that come to an app; 0 where none does.
func middle(ways []way, app int) int {
	var all []int
	for _, w := range ways {
		if w.App == app {
			all = append(all, w.Y)
		}
	}
	if len(all) == 0 {
		return 0
	}
	return (slices.Min(all) + slices.Max(all)) / 2
}

// cut keeps a text within its place.
func cut(text string, most int) string {
	characters := []rune(text)
	if len(characters) <= most {
		return text
	}
	return string(characters[:most-1]) + "…"
}

// ColumnHeight is that of the tiers, from the top to the bottom.
func (m *image) ColumnHeight() int { return m.Height - 24 }

// AppTextAt is where the texts of apps begin.
func (m *image) AppTextAt() int { return m.AppsAt + 14 }

// TitleY is where a site's host stands.
func (p panel) TitleY() int { return p.Y + 28 }

// TitleY is where an app's name stands.
func (b box) TitleY() int { return b.Y + 20 }

// TextY, MatchY and BoxY are where the texts and the boxes of a way stand.
func (w way) TextY() int  { return w.Y + 4 }
func (w way) MatchY() int { return w.Y + 18 }
func (w way) BoxY() int   { return w.Y - 13 }
