package native

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/vsm"
)

// Eavesdrop has varnishd log everything about each request until the context ends, and
// not only what the access log needs. It calls ready once that is so.
func (v *Varnish) Eavesdrop(ctx context.Context, ready func()) error {
	if err := v.overhear(ctx, 1); err != nil {
		return err
	}
	ready()
	<-ctx.Done()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), maskTime)
	defer cancel()
	return v.overhear(ending, -1)
}

// maskTime is how long varnishd may take to log less again.
const maskTime = 10 * time.Second

// overhear opens the mask of the log for the first who listens, and closes it behind the
// last.
func (v *Varnish) overhear(ctx context.Context, more int) error {
	v.listening.Lock()
	defer v.listening.Unlock()
	v.listeners += more
	mask := v.inUse().arguments.Of("-p", "vsl_mask")
	switch {
	case mask == "" || more > 0 && v.listeners > 1 || more < 0 && v.listeners > 0:
		return nil
	case more > 0:
		mask = strings.ReplaceAll(mask, "-", "+")
	}
	err := v.CLI.SetParameter(ctx, "vsl_mask", mask)
	if err != nil && more > 0 {
		v.listeners--
	}
	return err
}

// Logged returns what varnishd has logged of a client's last request for the target, the
// transactions that belong to it included. The client is known by its port. There is
// nothing where the request has not ended yet.
func (v *Varnish) Logged(ctx context.Context, target string, port uint16) ([]vsm.Logged, error) {
	program := v.daemon.Logs
	if program == "" {
		return nil, errors.New("varnishlog, which comes with varnishd, is not installed")
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(target)
	command := exec.CommandContext(ctx, program, "-n", v.setup.Layout.VarnishDir(), "-t", "off", "-d", "-g", "request",
		"-X", "VCL_Log:^edge-", "-q", fmt.Sprintf(`ReqURL eq "%s" and ReqStart[2] == %d`, quoted, port))
	command.Env = v.setup.environment()
	command.SysProcAttr = attributes(v.setup.Credential)
	output, err := command.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(failed.Stderr))
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", filepath.Base(program), err)
	}
	return parseRecords(string(output)), nil
}

var (
	transactionLine = pattern(`^(\*+)\s+<< (\w+)\s*>> (\d+)`)
	recordLine      = pattern(`^-+\s+(\w+)\s*(.*)$`)
)

// parseRecords reads what varnishlog prints, of the last request.
func parseRecords(text string) (records []vsm.Logged) {
	transaction, kind := int64(0), ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if begins := transactionLine().FindStringSubmatch(line); begins != nil {
			if begins[1] == "*" {
				records = nil // a later one
			}
			transaction, _ = strconv.ParseInt(begins[3], 10, 64)
			kind = begins[2]
			continue
		}
		if one := recordLine().FindStringSubmatch(line); one != nil {
			records = append(records, vsm.Logged{Transaction: transaction, Kind: kind, Tag: one[1], Value: strings.TrimSpace(one[2])})
		}
	}
	return records
}
