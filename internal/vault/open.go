package vault

import (
	"context"
	"strings"
	"time"
)

// Open is the vault of a place: the absolute path of a directory, or the namespace of a
// cluster and a name, as kubernetes://namespace/name. Nothing is touched before a method
// is called.
func Open(place string) (Vault, error) {
	if strings.HasPrefix(place, Scheme) {
		return Secrets(place)
	}
	return Directory(place, 0), nil
}

// checkTime is how long a vault may take to show that it is there.
const checkTime = 5 * time.Second

// Check says why the vault of a place cannot be used, and what to do. It locks something
// for a moment, as whoever orders a certificate does.
func Check(place string) error {
	v, err := Open(place)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	_, release, err := v.Lock(ctx, "check")
	if err != nil {
		return err
	}
	release()
	return nil
}
