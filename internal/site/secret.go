package site

import (
	"strconv"
	"strings"
)

// Hidden stands where a sensitive value would be shown.
const Hidden = "(sensitive value)"

// Hide replaces what is secret in a text that somebody will see.
func (e *Edge) Hide(text string) string { return Hide(text, e.Secrets) }

// Hide replaces each of the secrets in a text. Those that hold others come
// before these.
func Hide(text string, secrets []string) string {
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, Hidden)
		// The secret as it stands between quotes in most languages.
		if quoted := strings.Trim(strconv.Quote(secret), `"`); quoted != secret && quoted != "" {
			text = strings.ReplaceAll(text, quoted, Hidden)
		}
	}
	return text
}
