package doctor

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// examineDescriptors compares the limit of open files with what run asks for.
// Trying raises the limit of this process, which ends with the answer.
func (x *examination) examineDescriptors() []Line {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return []Line{{LevelWarning, "limit", err.Error(), ""}}
	}
	if !x.hasSite {
		return []Line{{LevelOK, "limit", strconv.FormatUint(limit.Max, 10) + " open files a process", ""}}
	}
	tls := x.chosen[site.TLSTier].Engine
	wanted, _ := generation.Descriptors(x.edge.Limits.Connections, tls)
	got, err := supervise.RaiseDescriptors(wanted)
	if err != nil {
		return []Line{{LevelWarning, "limit", err.Error(), ""}}
	}
	return []Line{judgeDescriptors(got, x.edge.Limits.Connections, tls)}
}

func judgeDescriptors(got uint64, connections int, tls site.Engine) Line {
	if text, remedy := generation.TooFewDescriptors(got, connections, tls); text != "" {
		return Line{LevelWarning, "limit", text, remedy}
	}
	enough := "enough"
	if wanted, _ := generation.Descriptors(connections, tls); got < wanted {
		enough = "just enough"
	}
	return Line{LevelOK, "limit", fmt.Sprintf("%d, %s for limits.connections = %d", got, enough, connections), ""}
}
