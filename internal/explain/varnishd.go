package explain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"edgegen/internal/vsm"
)

// told lists the tags of records that tell people something, besides VCL_call, VCL_return
// and Timestamp, of which Brief makes lines.
func told() []string {
	return []string{"Hit", "HitMiss", "HitPass", "TTL", "BackendOpen", "FetchError", "Error", "VCL_Error", "VCL_Log"}
}

// Brief is what a person wants to know of the records: which way each transaction went
// through the VCL, how long that took, and the few others that tell something.
func Brief(records []vsm.Logged) (brief []vsm.Logged) {
	for len(records) > 0 {
		n := slices.IndexFunc(records, func(r vsm.Logged) bool { return r.Transaction != records[0].Transaction })
		if n < 0 {
			n = len(records)
		}
		brief = append(brief, briefly(records[:n])...)
		records = records[n:]
	}
	return brief
}

// briefly is Brief of one transaction.
func briefly(records []vsm.Logged) []vsm.Logged {
	var way, times []string
	var others []vsm.Logged
	for _, r := range records {
		words := strings.Fields(r.Value)
		switch {
		case r.Tag == "VCL_call":
			way = append(way, r.Value)
		case r.Tag == "VCL_return" && len(way) > 0:
			way[len(way)-1] += " " + r.Value
		case r.Tag == "VCL_return":
			way = append(way, r.Value)
		case r.Tag == "Timestamp" && len(words) == 4 && words[0] != "Start:":
			times = append(times, strings.TrimSuffix(words[0], ":")+" "+seconds(words[2]))
		case slices.Contains(told(), r.Tag):
			r.Value = inWords(r.Tag, words, r.Value)
			if r.Tag == "TTL" { // the last one counts
				others = slices.DeleteFunc(others, func(o vsm.Logged) bool { return o.Tag == "TTL" })
			}
			others = append(others, r)
		}
	}
	begin := vsm.Logged{Transaction: records[0].Transaction, Kind: records[0].Kind}
	var brief []vsm.Logged
	if len(way) > 0 {
		begin.Tag, begin.Value = "VCL", strings.Join(way, ", ")
		brief = append(brief, begin)
	}
	if len(times) > 0 {
		begin.Tag, begin.Value = "Timestamp", strings.Join(times, ", ")
		brief = append(brief, begin)
	}
	return append(brief, others...)
}

// seconds is a time that is told in seconds, as people write it. What is over is 0.
func seconds(text string) string {
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return text
	case n <= 0:
		return "0 s"
	case n < 1:
		return strconv.FormatFloat(n*1000, 'f', 1, 64) + " ms"
	}
	return strings.TrimSuffix(strconv.FormatFloat(n, 'f', 1, 64), ".0") + " s"
}

// inWords says what the numbers of a record are.
func inWords(tag string, words []string, value string) string {
	switch {
	case tag == "Hit" && len(words) >= 4:
		return fmt.Sprintf("on %s, fresh for %s more, grace %s, keep %s", words[0], seconds(words[1]), seconds(words[2]), seconds(words[3]))
	case (tag == "HitMiss" || tag == "HitPass") && len(words) >= 2:
		return fmt.Sprintf("on %s, for %s more", words[0], seconds(words[1]))
	case tag == "BackendOpen" && len(words) >= 2:
		return words[1] + ", " + map[bool]string{true: "on a kept connection", false: "on a new connection"}[words[len(words)-1] == "reuse"]
	case tag == "TTL" && len(words) >= 4:
		says := fmt.Sprintf("fresh for %s, grace %s, keep %s", seconds(words[1]), seconds(words[2]), seconds(words[3]))
		if words[len(words)-1] == "uncacheable" {
			says += ", not to be stored"
		}
		return says
	}
	return value
}
