package main

import "os"

// floor is how much the heap of an edge counts for at least when garbage is to be
// collected. Go collects when the heap has doubled; that of an edge is a few MiB, so that
// it would collect at every few thousand requests, which took a tenth of the time of those
// that are passed on.
const floor = 16 << 20

// heapFloor is a block of that size. Nobody touches it, so the kernel gives no memory for
// it. Where the environment says when to collect, it is nil.
func heapFloor() []byte {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return nil
	}
	return make([]byte, floor)
}
