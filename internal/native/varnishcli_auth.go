package native

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"time"
)

const (
	// greetPatience bounds what a dialer needs to show who it is.
	greetPatience = 10 * time.Second
	// introductionPatience is how long a dialer may wait for Expect to name
	// it: varnishd dials as it starts, before anybody can know its process ID.
	introductionPatience = 3 * time.Second
)

// greet finds out whether the dialer is our varnishd, proves to it that we know the
// secret, and returns its process ID. The order matters. varnishd's challenge lets us in,
// and does not show who varnishd is; and whoever gets our answer to it could pass for us.
// So the kernel is asked first who has dialled.
func (c *VarnishCLI) greet(connection net.Conn) (pid int, err error) {
	if err := connection.SetDeadline(time.Now().Add(greetPatience)); err != nil {
		return 0, err
	}
	if pid, err = c.identify(connection); err != nil {
		return 0, err
	}
	if err := authenticate(connection, c.secret); err != nil {
		return 0, err
	}
	return pid, connection.SetDeadline(time.Time{})
}

// identify waits until the dialer is the expected process. Outside Linux nobody can tell
// who has dialled, and it is taken to be the expected process.
func (c *VarnishCLI) identify(connection net.Conn) (pid int, err error) {
	ctx, cancel := context.WithTimeout(c.life, introductionPatience)
	defer cancel()
	for {
		c.mutex.Lock()
		expected, changed := c.expected, c.changed
		c.mutex.Unlock()
		switch {
		case expected == 0:
			err = errors.New("no varnishd is expected")
		case runtime.GOOS == "linux":
			err = dialledBy(connection, expected)
		default:
			err = nil
		}
		if err == nil {
			return expected, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, err
		}
	}
}

// authenticate answers varnishd's challenge.
func authenticate(connection io.ReadWriter, secret []byte) error {
	const challengeSize = 32
	challenge, err := readReply(connection)
	if err != nil {
		return fmt.Errorf("read varnishd's challenge: %w", err)
	}
	if challenge.Status != cliAuthenticate || len(challenge.Body) < challengeSize {
		return fmt.Errorf("varnishd does not ask for the secret (status %d)", challenge.Status)
	}
	answer := authenticationAnswer(challenge.Body[:challengeSize], secret)
	if _, err := io.WriteString(connection, "auth "+answer+"\n"); err != nil {
		return fmt.Errorf("answer varnishd's challenge: %w", err)
	}
	reply, err := readReply(connection)
	if err != nil {
		return fmt.Errorf("answer varnishd's challenge: %w", err)
	}
	if reply.Status != cliOK {
		return &VarnishError{Command: "auth", Status: reply.Status, Message: reply.Body}
	}
	return nil
}

// authenticationAnswer is the hash that varnishd computes from its secret file.
func authenticationAnswer(challenge string, secret []byte) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n%s%s\n", challenge, secret, challenge)
	return hex.EncodeToString(hash.Sum(nil))
}
