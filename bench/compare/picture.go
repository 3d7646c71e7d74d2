package main

import (
	"fmt"
	"strings"
)

// drawn are the peers of the picture, with their colours, which can be told apart without
// seeing red and green differently.
var drawn = []struct{ name, colour string }{
	{builtinName, "#0072b2"}, {nginxName, "#999999"}, {haproxyName, "#e69f00"}, {caddyName, "#56b4e9"},
	{hitchName, "#009e73"}, {nativeName, "#cc79a7"}, {tunedName, "#d55e00"}, {articleName, "#f0e442"},
}

// picture draws requests a second as shares of nginx's, in SVG.
func (r *results) picture() string {
	const left, width, bar, gap, top = 190, 560, 11, 12, 70
	var b strings.Builder
	y, most := top, 2.0
	var groups []measured
	for _, m := range r.loads {
		if strings.HasPrefix(m.name, "HTTP/") && m.unit == "requests/s" && m.median(nginxName, rateOf) > 0 {
			groups = append(groups, m)
			for _, d := range drawn {
				most = max(most, m.median(d.name, rateOf)/m.median(nginxName, rateOf))
			}
		}
	}
	scale := float64(width) / most
	for _, m := range groups {
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", left-8, y+bar, m.name)
		for _, d := range drawn {
			rate := m.median(d.name, rateOf)
			if rate == 0 {
				continue
			}
			share := rate / m.median(nginxName, rateOf)
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.0f" height="%d" fill="%s"><title>%s: %.0f</title></rect><text x="%.0f" y="%d" font-size="9">%.2f</text>`+"\n",
				left, y, share*scale, bar-1, d.colour, d.name, rate, float64(left)+share*scale+4, y+bar-2, share)
			y += bar
		}
		y += gap
	}
	var head strings.Builder
	fmt.Fprintf(&head, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n", left+width+60, y+10)
	fmt.Fprintf(&head, `<rect width="100%%" height="100%%" fill="white"/><text x="10" y="20" font-size="15">Requests a second, as shares of nginx's</text>`+"\n")
	for i, d := range drawn {
		x, line := 10+i%4*200, 32+i/4*16
		fmt.Fprintf(&head, `<rect x="%d" y="%d" width="10" height="10" fill="%s"/><text x="%d" y="%d">%s</text>`+"\n", x, line, d.colour, x+14, line+9, d.name)
	}
	at := float64(left) + scale
	fmt.Fprintf(&head, `<line x1="%.0f" y1="%d" x2="%.0f" y2="%d" stroke="#555" stroke-dasharray="3 3"/>`+"\n", at, top-4, at, y)
	return head.String() + b.String() + "</svg>\n"
}
