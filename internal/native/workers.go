package native

import (
	"fmt"
	"strings"
)

// WorkerDied is about a worker process of nginx that a signal has ended, with
// the requests that it had in work. Its parent has started another one.
type WorkerDied struct{ PID, Signal int }

func (w *WorkerDied) Error() string {
	return fmt.Sprintf("its worker %d was ended by signal %d", w.PID, w.Signal)
}

// workerDied reads what nginx's main process says when a worker has ended so;
// nil where the line says something else.
func workerDied(line string) *WorkerDied {
	_, said, found := strings.Cut(line, "worker process ")
	died := WorkerDied{}
	if !found {
		return nil
	}
	if n, err := fmt.Sscanf(said, "%d exited on signal %d", &died.PID, &died.Signal); n != 2 || err != nil {
		return nil
	}
	return &died
}
