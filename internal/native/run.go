package native

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// run returns what the program prints on either stream within a few seconds.
func run(ctx context.Context, path string, arguments ...string) (string, error) {
	return runIn(ctx, "", path, arguments...)
}

// runIn is run in a directory; "" is the present one.
func runIn(ctx context.Context, directory, path string, arguments ...string) (string, error) {
	const patience = 10 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var output boundedBuffer
	command := exec.CommandContext(ctx, path, arguments...)
	command.Dir = directory
	command.Env = append(os.Environ(), "LC_ALL=C")
	command.Stdout, command.Stderr = &output, &output
	// A grandchild that keeps the pipe open must not hold us up.
	command.WaitDelay = time.Second
	err := command.Run()
	if ctx.Err() != nil {
		return "", fmt.Errorf("%s: %w", strings.Join(arguments, " "), ctx.Err())
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		if line := firstLine(output.String()); line != "" {
			return "", fmt.Errorf("%s: %w: %s", strings.Join(arguments, " "), err, line)
		}
		return "", fmt.Errorf("%s: %w", strings.Join(arguments, " "), err)
	}
	return output.String(), nil
}

// boundedBuffer keeps the first MiB that is written to it. It takes the rest
// too, so that the writer does not fail.
type boundedBuffer struct{ bytes.Buffer }

func (b *boundedBuffer) Write(p []byte) (int, error) {
	const limit = 1 << 20
	b.Buffer.Write(p[:min(len(p), max(0, limit-b.Len()))])
	return len(p), nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(line[:min(len(line), 200)])
}
