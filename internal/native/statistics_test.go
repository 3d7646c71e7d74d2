package native

import "testing"

func TestActivity(t *testing.T) {
	for _, c := range []struct {
		name     string
		counters map[string]int
		want     Activity
	}{
		{"some of each", map[string]int{"MAIN.n_pipe": 3, "MEMPOOL.req0.live": 4, "MEMPOOL.req1.live": 1}, Activity{WebSockets: 3, Requests: 2}},
		{"counters of two moments", map[string]int{"MAIN.n_pipe": 2, "MEMPOOL.req0.live": 1}, Activity{WebSockets: 2}},
		{"nothing in work", map[string]int{"MAIN.n_pipe": 0, "MEMPOOL.req0.live": 0}, Activity{}},
		{"no child", nil, Activity{}},
		{"idle connections", map[string]int{"MAIN.n_pipe": 1, "MEMPOOL.req0.live": 3, "MEMPOOL.sess0.live": 4, "MEMPOOL.sess1.live": 2}, Activity{WebSockets: 1, Requests: 2, Idle: 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := activityOf(c.counters); got != c.want {
				t.Errorf("%+v", got)
			}
		})
	}
}
