package upstream

import (
	"strconv"
	"strings"
	"time"

	"edgegen/internal/dataplane/wire"
)

// named is the member that the request's cookie names; nil where there is none.
func (r *roster) named(header wire.Header) *member {
	if r.Cookie == "" {
		return nil
	}
	for line := range header.Values("Cookie") {
		for pair := range strings.SplitSeq(line, ";") {
			name, value, _ := strings.Cut(wire.TrimSpace(pair), "=")
			if name != r.Cookie {
				continue
			}
			for _, m := range r.members {
				if m.Token != "" && m.Token == value {
					return m
				}
			}
		}
	}
	return nil
}

// remember sets the cookie by which the client comes back to the member that has
// answered. A client whose own server just had no room keeps its cookie.
func (g *Group) remember(m *member, request wire.Header, response *wire.Header) {
	r := g.now()
	if r.Cookie == "" || m.Token == "" {
		return
	}
	if own := r.named(request); own != nil && (own.server == m.server || own.up(time.Now().UnixNano())) {
		return
	}
	cookie := r.Cookie + "=" + m.Token + "; Path=/; HttpOnly; SameSite=Lax"
	if request.Get("X-Forwarded-Proto") != "http" {
		cookie += "; Secure"
	}
	if r.Lifetime > 0 {
		cookie += "; Max-Age=" + strconv.FormatInt(int64(r.Lifetime/time.Second), 10)
	}
	response.Add("Set-Cookie", cookie)
}
