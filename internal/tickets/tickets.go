// Package tickets derives the keys of TLS session tickets from a secret that several edges
// have in common, so that a session which began at one of them is resumed at another.
// The keys of a period follow from the secret and the period alone: edges need not speak
// with each other to change them.
package tickets

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"time"
)

// Period is how long tickets are sealed with one key. They are taken for at most one more.
const Period = 12 * time.Hour

// Number numbers the period of a time.
func Number(at time.Time) int64 { return at.Unix() / int64(Period/time.Second) }

// Next is when the next period begins.
func Next(at time.Time) time.Time { return time.Unix((Number(at)+1)*int64(Period/time.Second), 0) }

// Keys are the keys of so many bytes with which edges that share a secret seal tickets for a
// use: that of the time, with which new ones are sealed, those of the period before and,
// since the clocks of edges differ, of the next one. They are nil where the secret is "".
// Whoever has the keys of another use cannot open the tickets.
func Keys(secret, use string, size int, at time.Time) (keys [][]byte) {
	if secret == "" {
		return nil
	}
	for _, shift := range []int64{0, -1, 1} {
		key, err := hkdf.Key(sha256.New, []byte(secret), nil, fmt.Sprintf("edgegen session tickets, %s, period %d", use, Number(at)+shift), size)
		if err != nil {
			panic(err) // the size is one that SHA-256 cannot give
		}
		keys = append(keys, key)
	}
	return keys
}
