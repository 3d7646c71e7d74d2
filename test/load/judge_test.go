package load

import (
	"net/http"
	"strconv"
	"testing"
)

func TestJudge(t *testing.T) {
	part := func(name string) Part {
		return Part{name, func(g int, a Answer) bool { return a.Header.Get(name) == strconv.Itoa(g) }}
	}
	page := Page{Path: "/", Parts: []Part{part("A"), part("B")}}
	for _, c := range []struct {
		name         string
		a, b         string
		whole, wrong bool
	}{
		{"old", "1", "1", true, false},
		{"new", "2", "2", true, false},
		{"half and half", "2", "1", false, false},
		{"too old", "0", "0", false, true},
		{"too new", "2", "3", false, true},
		{"missing", "2", "", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := http.Header{}
			header.Set("A", c.a)
			header.Set("B", c.b)
			whole, err := page.judge(1, 2, Answer{Header: header})
			if whole != c.whole || err != nil != c.wrong {
				t.Errorf("whole %t, %v", whole, err)
			}
		})
	}
}
