// Package tones gives texts for a terminal their colours.
package tones

// Tones are what a terminal is told before a text (SGR of ECMA-48).
const (
	Bold    = "\x1b[1m"
	Dim     = "\x1b[2m"
	Blue    = "\x1b[34m"
	Green   = "\x1b[32m"
	Red     = "\x1b[31m"
	Yellow  = "\x1b[33m"
	Warning = "\x1b[1;33m"
	Alarm   = "\x1b[1;31m"
)

// Paint gives a text a tone, where it is for a terminal.
func Paint(color bool, tone, text string) string {
	if !color {
		return text
	}
	return tone + text + "\x1b[0m"
}
