package render

import (
	"bytes"
	"fmt"
	"path"

	"edgegen/internal/site"
)

// TicketKey is the length of a session ticket key in bytes: its name (16), the key that
// signs (32) and the key that encrypts (32).
const TicketKey = 16 + 32 + 32

// The files with the keys of tickets, beside those of the certificates.
const (
	stunnelTickets = PEMDir + "/tickets" // a directory that stunnel includes
	nginxTickets   = PEMDir + "/ticket-%d.key"
)

// TicketUse names the use of a daemon's ticket keys. A daemon may resume a session under
// another name than the one it began with, so each site has keys of its own.
func TicketUse(edge *site.Edge, engine site.Engine) string {
	return fmt.Sprintf("%s, %s", engine, edge.Sites[edge.First].Host)
}

// resumes reports whether a daemon may resume sessions. With several sites it would resume
// one site's session under the name of another, so then it may not.
func (in Input) resumes() bool { return len(in.Edge.Sites) == 1 }

// sharesTickets reports whether a daemon gets the keys. Daemons that are run by hand do not,
// as nothing would change their keys.
func (in Input) sharesTickets() bool { return len(in.Tickets) > 0 && in.resumes() && in.Standby }

// ticketFiles names a file for each key of nginx.
func (in Input) ticketFiles() (files []string) {
	if in.sharesTickets() {
		for n := range in.Tickets {
			files = append(files, fmt.Sprintf(nginxTickets, n+1))
		}
	}
	return files
}

// keysOfStunnel is the file for stunnel, which knows one key: what was sealed with another
// one begins anew.
func (in Input) keysOfStunnel() []File {
	if !in.sharesTickets() {
		return nil
	}
	key := in.Tickets[0]
	text := fmt.Appendf(nil, "ticketKeySecret = %x\nticketMacSecret = %x\n", key[48:TicketKey], key[16:48])
	return []File{{Name: path.Join(stunnelTickets, "keys.conf"), Data: text, Mode: 0o600}}
}

// keysOfNginx are the files for nginx.
func (in Input) keysOfNginx() (files []File) {
	for n, name := range in.ticketFiles() {
		files = append(files, File{Name: name, Data: bytes.Clone(in.Tickets[n]), Mode: 0o600})
	}
	return files
}
