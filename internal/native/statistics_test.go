package native

import "testing"

func TestParseActivity(t *testing.T) {
	for _, c := range []struct {
		name, output string
		want         Activity
	}{
		{"varnish 7", `{"version":1,"timestamp":"2026-11-23T05:00:00","counters":{
			"MAIN.n_pipe":{"description":"Number of ongoing pipe sessions","flag":"g","format":"i","value":3},
			"MEMPOOL.req0.live":{"description":"In use","flag":"g","format":"i","value":4},
			"MEMPOOL.req1.live":{"description":"In use","flag":"g","format":"i","value":1}}}`, Activity{WebSockets: 3, Requests: 2}},
		{"varnish 6", `{"timestamp":"2020-11-23T05:00:00","MAIN.n_pipe":{"value":1},"MEMPOOL.req0.live":{"value":1},"MEMPOOL.req1.live":{"value":2}}`, Activity{WebSockets: 1, Requests: 2}},
		{"counters of two moments", `{"counters":{"MAIN.n_pipe":{"value":2},"MEMPOOL.req0.live":{"value":1}}}`, Activity{WebSockets: 2}},
		{"nothing in work", `{"counters":{"MAIN.n_pipe":{"value":0},"MEMPOOL.req0.live":{"value":0}}}`, Activity{}},
		{"no counters", `{"counters":{}}`, Activity{}},
		{"others beside", `{"counters":{"MAIN.n_pipe":{"value":1},"MAIN.other":{"value":"text"},"OTHER.sess":{"value":9}}}`, Activity{WebSockets: 1}},
		{"idle connections", `{"counters":{"MAIN.n_pipe":{"value":1},"MEMPOOL.req0.live":{"value":3},"MEMPOOL.sess0.live":{"value":4},"MEMPOOL.sess1.live":{"value":2}}}`, Activity{WebSockets: 1, Requests: 2, Idle: 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseActivity([]byte(c.output))
			if err != nil || got != c.want {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	for _, output := range []string{"", "no such file", "[]", `{"counters":[]}`, `{"counters":{"MAIN.n_pipe":{"value":"many"}}}`} {
		if got, err := parseActivity([]byte(output)); err == nil {
			t.Errorf("%q is read as %+v", output, got)
		}
	}
}
