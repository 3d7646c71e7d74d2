package render

import (
	"bytes"
	"fmt"
	"path"

	"edgegen/internal/site"
)

// TicketKey is how many bytes the key of a ticket has: what names it (16), what signs it
// (32) and what seals it (32).
const TicketKey = 16 + 32 + 32

// The files with the keys of tickets, beside those of the certificates.
const (
	stunnelTickets = PEMDir + "/tickets" // a directory that stunnel includes
	nginxTickets   = PEMDir + "/ticket-%d.key"
)

// TicketUse names for whom the keys of tickets are that a daemon takes. A daemon may resume
// a session whatever name it began under, so that each site has keys of its own.
func TicketUse(edge *site.Edge, engine site.Engine) string {
	return fmt.Sprintf("%s, %s", engine, edge.Sites[edge.First].Host)
}

// resumes reports whether a daemon resumes sessions: one with several sites would resume
// that of one under the name of another.
func (in Input) resumes() bool { return len(in.Edge.Sites) == 1 }

// sharesTickets reports whether a daemon is given the keys. Whoever runs daemons by hand
// would have the same ones for ever.
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
