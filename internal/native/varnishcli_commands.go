package native

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// VCL is one program in varnishd's list.
type VCL struct {
	Name   string `json:"name"`
	Status string `json:"status"` // "active", "available" or "discarded"
	State  string `json:"state"`  // "auto", "cold", "warm" or "label"
}

// do is Command for those who want nothing but success: any status other than
// 200 is a *VarnishError.
func (c *VarnishCLI) do(ctx context.Context, words ...string) (string, error) {
	reply, err := c.Command(ctx, words...)
	if err != nil {
		return "", err
	}
	if reply.Status != cliOK {
		return "", &VarnishError{Command: words[0], Status: reply.Status, Message: reply.Body}
	}
	return reply.Body, nil
}

// Load compiles the VCL file at the absolute path under a new name and returns
// the compiler's message, which may hold warnings. A VCL that is refused is a
// *VarnishError whose Message LocateVCC reads. The child need not run.
func (c *VarnishCLI) Load(ctx context.Context, name, path string) (message string, err error) {
	reply, err := c.Command(ctx, "vcl.load", name, path)
	if err != nil {
		return "", err
	}
	// A long list of warnings is cut, and the VCL is loaded none the less.
	if reply.Status != cliOK && reply.Status != cliTruncated {
		return "", &VarnishError{Command: "vcl.load", Status: reply.Status, Message: reply.Body}
	}
	return reply.Body, nil
}

// Use makes a loaded VCL the one that new requests run in.
func (c *VarnishCLI) Use(ctx context.Context, name string) error {
	_, err := c.do(ctx, "vcl.use", name)
	return err
}

// Label gives a loaded VCL a second name, by which another can hand requests to
// it; a label that is there already goes over to it.
func (c *VarnishCLI) Label(ctx context.Context, label, name string) error {
	_, err := c.do(ctx, "vcl.label", label, name)
	return err
}

// Discard unloads a VCL that is not active, once the last request and pipe in
// it has ended; they are not disturbed.
func (c *VarnishCLI) Discard(ctx context.Context, name string) error {
	_, err := c.do(ctx, "vcl.discard", name)
	return err
}

// List returns the VCLs that varnishd holds.
func (c *VarnishCLI) List(ctx context.Context) ([]VCL, error) {
	body, err := c.do(ctx, "vcl.list", "-j")
	if err != nil {
		return nil, err
	}
	return decodeJSONReply[VCL]("vcl.list", body)
}

// Start starts the child, which serves the listeners; a VCL must be in use. It
// is an error where the child runs already.
func (c *VarnishCLI) Start(ctx context.Context) error {
	_, err := c.do(ctx, "start")
	return err
}

// Running reports whether the child runs.
func (c *VarnishCLI) Running(ctx context.Context) (bool, error) {
	body, err := c.do(ctx, "status")
	return strings.TrimSpace(body) == "Child in state running", err
}

// Ping asks varnishd's manager for a sign of life.
func (c *VarnishCLI) Ping(ctx context.Context) error {
	body, err := c.do(ctx, "ping")
	if err == nil && !strings.HasPrefix(body, "PONG ") {
		return fmt.Errorf("varnish ping: unexpected reply %q", body)
	}
	return err
}

// SetHealth has the backends that match "VCL.backend", with wildcards, taken as
// "healthy" or "sick", or as what their probes say: "auto".
func (c *VarnishCLI) SetHealth(ctx context.Context, backends, health string) error {
	_, err := c.do(ctx, "backend.set_health", backends, health)
	return err
}

// SetParameter sets a run-time parameter.
func (c *VarnishCLI) SetParameter(ctx context.Context, name, value string) error {
	_, err := c.do(ctx, "param.set", name, value)
	return err
}

// ShowParameter returns a run-time parameter's value, without its unit.
func (c *VarnishCLI) ShowParameter(ctx context.Context, name string) (string, error) {
	body, err := c.do(ctx, "param.show", "-j", name)
	if err != nil {
		return "", err
	}
	type parameter struct {
		Name  string          `json:"name"`
		Value json.RawMessage `json:"value"`
	}
	parameters, err := decodeJSONReply[parameter]("param.show", body)
	if err != nil {
		return "", err
	}
	for _, p := range parameters {
		if p.Name != name {
			continue
		}
		var text string
		if json.Unmarshal(p.Value, &text) == nil {
			return text, nil
		}
		return string(p.Value), nil // a number or a boolean
	}
	return "", fmt.Errorf("varnish param.show %s: not in the reply", name)
}

// decodeJSONReply reads the array [version, [command…], time, item…].
func decodeJSONReply[T any](command, body string) ([]T, error) {
	const preamble = 3
	var elements []json.RawMessage
	if err := json.Unmarshal([]byte(body), &elements); err != nil {
		return nil, fmt.Errorf("varnish %s: read the reply: %w", command, err)
	}
	if len(elements) < preamble {
		return nil, fmt.Errorf("varnish %s: a reply of %d elements", command, len(elements))
	}
	items := make([]T, len(elements)-preamble)
	for i, element := range elements[preamble:] {
		if err := json.Unmarshal(element, &items[i]); err != nil {
			return nil, fmt.Errorf("varnish %s: read element %d of the reply: %w", command, i, err)
		}
	}
	return items, nil
}

// FastCompiler makes varnishd compile VCL without optimization: the VCL of an
// edge takes a fraction of the time, and is run too little to notice. It returns the
// compiler's command. Where that may not be read or changed, it stays as it is, "" is
// returned, and that is no error.
func (c *VarnishCLI) FastCompiler(ctx context.Context) (command string, err error) {
	command, err = c.ShowParameter(ctx, compilerParameter)
	if err == nil {
		command = unoptimized(command)
		err = c.SetParameter(ctx, compilerParameter, command)
	}
	if refusal := (*VarnishError)(nil); errors.As(err, &refusal) {
		return "", nil // varnishd -r makes parameters read-only
	}
	return command, err
}

var (
	compilerWord     = pattern(`\S+`)
	optimizationFlag = pattern(`^-O([0-9]|s|g|z|fast)?$`)
	fortifyFlag      = pattern(`^(-Wp,)?(-[DU]_FORTIFY_SOURCE(=[0-9])?,?)+$`)
)

// unoptimized replaces the optimization flags of a compiler's command. The C
// library warns of _FORTIFY_SOURCE without optimization, and warnings are
// errors in varnish's command, so that goes as well. So does what is for a
// debugger. A command without an optimization flag is left alone.
func unoptimized(command string) string {
	found := false
	fast := compilerWord().ReplaceAllStringFunc(command, func(word string) string {
		switch {
		case optimizationFlag().MatchString(word):
			found = true
			return "-O0"
		case fortifyFlag().MatchString(word):
			return "-U_FORTIFY_SOURCE"
		case word == "-g":
			return "-g0"
		}
		return word
	})
	if !found {
		return command
	}
	return fast
}
