package native

import "testing"

func TestWorkerDied(t *testing.T) {
	for _, c := range []struct {
		name, line string
		want       *WorkerDied
	}{
		{"by a signal", "2026/11/28 18:16:15 [alert] 12#12: worker process 345 exited on signal 11", &WorkerDied{345, 11}},
		{"with a core", "2026/11/28 18:16:15 [alert] 12#12: worker process 345 exited on signal 6 (core dumped)", &WorkerDied{345, 6}},
		{"by itself", "2026/11/28 18:16:15 [notice] 12#12: worker process 345 exited with code 0", nil},
		{"something else", `2026/11/28 18:16:15 [error] 12#12: *1 open() "/srv/worker process x" failed`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := workerDied(c.line)
			if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
				t.Errorf("it is %v, not %v", got, c.want)
			}
		})
	}
}
