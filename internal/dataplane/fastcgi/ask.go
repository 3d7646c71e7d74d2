package fastcgi

import (
	"errors"
	"io"

	"edgegen/internal/dataplane/wire"
)

// maxAnswer bounds what of an answer is read for its status.
const maxAnswer = maxHead + 16<<10

// Status asks an app for a target by GET, on a new connection whose deadlines are
// the caller's, and returns the status of the answer.
func (a *App) Status(conn io.ReadWriter, host, target string) (int, error) {
	r := &wire.Request{Method: "GET", Target: target, Host: host, Minor: 1, Header: wire.Header{{Name: "X-Forwarded-Proto", Value: "https"},
		{Name: "X-Real-IP", Value: "127.0.0.1"}, {Name: "User-Agent", Value: "health-check"}, {Name: "Accept", Value: "*/*"}}}
	script, err := a.Find(r.Target)
	if err != nil {
		return 0, err
	}
	if _, err := conn.Write(append(a.AppendRequest(nil, r, script), EndBody...)); err != nil {
		return 0, err
	}
	answer := wire.NewReader(NewReader(io.LimitReader(conn, maxAnswer), nil), nil)
	text, err := answer.ReadResponseHead(maxHead)
	if err != nil {
		return 0, err
	}
	head, err := wire.ParseResponse(text, nil)
	if err == nil && head.Status < 200 {
		err = errors.New("it gives an interim answer")
	}
	return head.Status, err
}
