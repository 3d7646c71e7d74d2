package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"edgegen/internal/vsm"
)

// The fields by which a client says of which request it wants to know.
const (
	TargetField = "target"
	PortField   = "port" // from which it was sent
)

// Eavesdrop has the edge's varnishd log everything about each request, until end is
// called.
func (c *Client) Eavesdrop(ctx context.Context) (end func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	response, err := c.do(ctx, http.MethodGet, "/eavesdrop")
	if err == nil && response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10)) // the status is enough
		_ = response.Body.Close()
		err = fmt.Errorf("listen to varnishd: %s", strings.TrimSpace(string(text)))
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return func() {
		cancel()
		_ = response.Body.Close() // it has no end of its own
	}, nil
}

// Logged asks what varnishd has logged of a request for the target that came from a port
// of its client; nothing where it has not ended yet.
func (c *Client) Logged(ctx context.Context, target string, port int) (records []vsm.Logged, err error) {
	query := url.Values{TargetField: {target}, PortField: {strconv.Itoa(port)}}
	return records, c.ask(ctx, http.MethodGet, "/logged?"+query.Encode(), &records)
}
