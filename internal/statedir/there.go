package statedir

import (
	"errors"
	"os"
)

// NotThere returns the paths at which nothing is.
func NotThere(paths ...string) (missing []string) {
	for _, path := range paths {
		if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
			missing = append(missing, path)
		}
	}
	return missing
}
