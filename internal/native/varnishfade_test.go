package native

import "testing"

func TestCountConnected(t *testing.T) {
	const head = "Num       RefCount Protocol Flags    Type St Inode Path\n"
	const path = "/run/edge/varnish/cache.sock"
	for name, c := range map[string]struct {
		table string
		want  int
	}{
		"nothing":             {"", 0},
		"no socket":           {head, 0},
		"a connection":        {head + "0000000000000000: 00000003 00000000 00000000 0001 03 10 " + path + "\n", 1},
		"the listener":        {head + "0000000000000000: 00000002 00000000 00010000 0001 01 10 " + path + "\n", 0},
		"the client's side":   {head + "0000000000000000: 00000003 00000000 00000000 0001 03 10\n", 0},
		"another varnishd's":  {head + "0000000000000000: 00000003 00000000 00000000 0001 03 12 " + path + "\n", 0},
		"another socket's":    {head + "0000000000000000: 00000003 00000000 00000000 0001 03 10 " + path + ".old\n", 0},
		"several of them":     {head + "0: 3 0 0 0001 03 10 " + path + "\n1: 3 0 0 0001 03 11 " + path + "\n2: 3 0 0 0001 03 12 " + path + "\n", 2},
		"a line that is cut":  {head + "0: 3 0 0 0001 03 10", 0},
		"being disconnected ": {head + "0: 3 0 0 0001 04 10 " + path + "\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := countConnected(c.table, path, map[string]bool{"10": true, "11": true}); got != c.want {
				t.Errorf("%d connections, want %d", got, c.want)
			}
		})
	}
}
