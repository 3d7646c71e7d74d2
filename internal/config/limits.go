package config

import (
	"fmt"
	"slices"
	"strings"

	"edgegen/internal/site"
)

// checkLimits checks that there may be no more WebSockets than connections, as each of
// them is one. Where the site lowers connections alone, WebSockets are lowered with them.
func checkLimits(b *block, l *site.Limits) {
	connections, websockets := b.row(&l.Connections), b.row(&l.WebSockets)
	if l.WebSockets <= l.Connections {
		return
	}
	expression, written := b.expression(websockets)
	if !written {
		l.WebSockets = l.Connections
		return
	}
	b.errorAt(expression.Range(), fmt.Sprintf("raise %s, or lower %s", connections.name, websockets.name),
		"%s = %d is more than %s = %d: each WebSocket is a connection", websockets.name, l.WebSockets, connections.name, l.Connections)
}

// readAccess reads where the access log goes. A file's directory must exist; a
// word that looks like "stdout" or "off" misspelt is no file.
func readAccess(b *block, a *argument, l *site.Log) {
	l.Access = strings.Trim(a.standard, `"`)
	access, ok := b.text(a)
	if !ok {
		return
	}
	words := []string{l.Access, "off"}
	near, misspelt := nearest(access.text, words)
	switch {
	case slices.Contains(words, access.text):
		l.Access = access.text
	case !strings.ContainsAny(access.text, "/.") && (misspelt || access.text == "stderr"):
		b.errorAt(access.place, fmt.Sprintf("did you mean %q? a file of that name is %q", near, "./"+access.text), "%s cannot be %q", a.name, access.text)
	default:
		l.Access = b.fileToWrite(a.name, access)
	}
}
