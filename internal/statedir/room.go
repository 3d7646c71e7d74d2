package statedir

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// roomNeeded is what has to be free below the state directory when an edge
// starts, whatever its engines are. Most of it is for varnishd, which takes 33 MiB
// for one small site; an edge that starts with less would serve otherwise than
// it says, or end in the middle of something.
const roomNeeded = 64 << 20

// CheckRoom looks whether the file system of a directory has room for an edge.
func CheckRoom(dir string) error {
	free, err := roomBelow(dir)
	if err != nil {
		return err
	}
	if free < roomNeeded {
		return fmt.Errorf("no space left for an edge: %s has %d MiB free, and a start needs %d MiB; make room, or name a directory on another disk with --state-dir",
			dir, free>>20, roomNeeded>>20)
	}
	return nil
}

// roomBelow is how many bytes this process may still write below a directory. A
// file system that has no name left for a file has no room.
func roomBelow(dir string) (int64, error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return 0, fmt.Errorf("look for room in %s: %w", dir, err)
	}
	free := disk.Bavail
	if os.Geteuid() == 0 {
		free = disk.Bfree // what is kept back is kept for root
	}
	if disk.Files > 0 && disk.Ffree < namesNeeded {
		free = 0
	}
	return int64(min(free, 1<<40)) * disk.Bsize, nil
}

// namesNeeded is how many files an edge makes at its start, and some.
const namesNeeded = 256
