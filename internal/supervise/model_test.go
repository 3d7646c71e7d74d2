package supervise

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestP2TransitionTable(t *testing.T) {
	states := []State{Stopped, Starting, Running, Backoff, Failed}
	legal := map[State]string{ // in the order of states: x is legal
		Stopped:  ".x...",
		Starting: "xxxxx",
		Running:  "xx.xx",
		Backoff:  "xx...",
		Failed:   "xx...",
	}
	for _, from := range states {
		for n, to := range states {
			if got, want := from.mayBecome(to), legal[from][n] == 'x'; got != want {
				t.Errorf("%s to %s: got %v, want %v", from, to, got, want)
			}
		}
	}
}

func TestP2Pauses(t *testing.T) {
	const ms = time.Millisecond
	none, most := func() float64 { return 0 }, func() float64 { return 0.999999 }
	tests := []struct {
		name     string
		policy   Policy
		failures int
		state    State
		least    time.Duration
		most     time.Duration
	}{
		{"first", Policy{Jitter: none}, 1, Backoff, 100 * ms, 100 * ms},
		{"doubles", Policy{Jitter: none}, 4, Backoff, 800 * ms, 800 * ms},
		{"jitter shortens", Policy{Jitter: most}, 1, Backoff, 75 * ms, 76 * ms},
		{"random stays in bounds", Policy{}, 2, Backoff, 150 * ms, 200 * ms},
		{"limit reached", Policy{Jitter: none}, 5, Failed, 30 * time.Second, 30 * time.Second},
		{"far beyond the limit", Policy{Jitter: none}, 1 << 30, Failed, 30 * time.Second, 30 * time.Second},
		{"capped below the limit", Policy{Jitter: none, CrashLimit: 100, LongestPause: time.Second}, 50, Backoff, time.Second, time.Second},
		{"first above the longest", Policy{Jitter: none, FirstPause: time.Minute, LongestPause: time.Second}, 1, Backoff, time.Second, time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			state, pause := test.policy.completed().afterFailures(test.failures)
			if state != test.state || pause < test.least || pause > test.most {
				t.Errorf("got %s, %s; want %s, %s to %s", state, pause, test.state, test.least, test.most)
			}
		})
	}
}

func TestP6LineFraming(t *testing.T) {
	long := strings.Repeat("x", lineLimit)
	tests := []struct {
		name   string
		chunks []string
		want   []string
	}{
		{"nothing", nil, nil},
		{"one line", []string{"a\n"}, []string{"a"}},
		{"empty lines stay", []string{"\n\na\n"}, []string{"", "", "a"}},
		{"split anywhere", []string{"a", "b\nc", "\n"}, []string{"ab", "c"}},
		{"partial last line", []string{"a\nb"}, []string{"a", "b"}},
		{"binary", []string{"\x00\xff\r\n\x80"}, []string{"\x00\xff\r", "\x80"}},
		{"as long as may be", []string{long + "\n"}, []string{long}},
		{"too long is cut", []string{long + "y\n"}, []string{long, "y"}},
		{"too long in chunks", []string{long[1:], "x", "y", "z\nb"}, []string{long, "yz", "b"}},
		{"several limits", []string{long + long + "tail"}, []string{long, long, "tail"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			framed := lines{emit: func(line []byte) { got = append(got, string(line)) }}
			for _, chunk := range test.chunks {
				framed.add([]byte(chunk))
			}
			framed.finish()
			if !slices.Equal(got, test.want) {
				t.Errorf("got %d lines %.60q, want %d lines %.60q", len(got), got, len(test.want), test.want)
			}
		})
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb"), uint8(1))
	f.Add([]byte("\n\n\x00"), uint8(2))
	f.Fuzz(func(t *testing.T, stream []byte, size uint8) {
		var got [][]byte
		framed := lines{emit: func(line []byte) { got = append(got, bytes.Clone(line)) }}
		for chunk := range slices.Chunk(stream, int(size)+1) {
			framed.add(chunk)
		}
		framed.finish()
		if joined := bytes.Join(got, []byte("\n")); !bytes.Equal(joined, bytes.TrimSuffix(stream, []byte("\n"))) {
			t.Errorf("got %q from %q", joined, stream)
		}
	})
}

func TestTailIsShortAndPrintable(t *testing.T) {
	var end tail
	for n := range 10 {
		end.add([]byte{byte('0' + n)})
	}
	end.add([]byte("  "))
	end.add([]byte("bad \x1b[31m\xff" + strings.Repeat("y", 1000)))
	want := []string{"6", "7", "8", "9"}
	kept := end.lines()
	if len(kept) != tailLines || !slices.Equal(kept[:4], want) {
		t.Fatalf("got %.50q", kept)
	}
	if last := kept[4]; !strings.HasPrefix(last, "bad .[31m.y") || len(last) > tailLength {
		t.Errorf("got %q", last)
	}
}

func TestParseStat(t *testing.T) {
	rest := " S 1 42 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 9999 1 2 3"
	want := procInfo{identity: identity{42, 9999}, state: 'S', parent: 1, group: 42, session: 7, threads: 3}
	for name, text := range map[string]string{
		"plain":                "42 (sh)" + rest,
		"spaces":               "42 (a b c)" + rest,
		"brackets in the name": "42 (x) Z 9 9 (y)" + rest,
		"newline":              "42 (x\n1 (z)" + rest,
	} {
		if got, err := parseStat(text); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	for name, text := range map[string]string{
		"empty": "", "no command": "42 S 1 2", "short": "42 (sh) S 1 2 3", "not a number": "x (sh)" + rest,
	} {
		if _, err := parseStat(text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestFindMarker(t *testing.T) {
	tests := []struct {
		name, environ, marker string
		told                  bool
	}{
		{"carried", "A=b\x00EDGEGEN_INSTANCE=m/app\x00", "m/app", true},
		{"a stranger", "A=b\x00C=d\x00", "", true},
		{"longer name", "XEDGEGEN_INSTANCE=m/app\x00", "", true},
		{"empty", "", "", false},
		{"wiped", "\x00\x00\x00", "", false},
		{"overwritten by a title", "orker process\x00\x00\x00", "", false},
		{"a title with =", "aster process nginx -g env A=b\x00\x00", "", false},
	}
	for _, test := range tests {
		marker, told := findMarker([]byte(test.environ))
		if marker != test.marker || told != test.told {
			t.Errorf("%s: got %q, %v", test.name, marker, told)
		}
	}
}
