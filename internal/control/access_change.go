package control

import "edgegen/internal/site"

// accessChange is a change of where the access log goes or how it is written.
// A nil one changes nothing.
type accessChange struct {
	log  *accessLog
	next *accessLog
}

// prepare opens what another configuration writes to; nil where it is the same.
func (a *accessLog) prepare(was, next site.Log) (*accessChange, error) {
	if was.Access == next.Access && was.Format == next.Format {
		return nil, nil
	}
	opened, err := openAccessLog(next, a.stdout, a.report)
	if err != nil {
		return nil, err
	}
	return &accessChange{log: a, next: opened}, nil
}

func (c *accessChange) changes() bool { return c != nil }

// commit writes there from now on.
func (c *accessChange) commit() error {
	if c == nil {
		return nil
	}
	return c.log.become(c.next)
}

func (c *accessChange) abandon() error {
	if c == nil {
		return nil
	}
	return c.next.close()
}
