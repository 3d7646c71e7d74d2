package control

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// examineDescriptors compares the limit of open files with what run asks for.
// Trying raises the limit of this process, which ends with the answer.
func (x *examination) examineDescriptors() []ReportLine {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return []ReportLine{{LevelWarning, "limit", err.Error(), ""}}
	}
	if !x.hasSite {
		return []ReportLine{{LevelOK, "limit", strconv.FormatUint(limit.Max, 10) + " open files a process", ""}}
	}
	tls := x.chosen[RoleTLS].engine
	wanted, _ := descriptors(x.edge.Limits.Connections, tls)
	got, err := supervise.RaiseDescriptors(wanted)
	if err != nil {
		return []ReportLine{{LevelWarning, "limit", err.Error(), ""}}
	}
	return []ReportLine{judgeDescriptors(got, x.edge.Limits.Connections, tls)}
}

func judgeDescriptors(got uint64, connections int, tls site.Engine) ReportLine {
	wanted, least := descriptors(connections, tls)
	switch {
	case got < least:
		return ReportLine{LevelWarning, "limit", fmt.Sprintf("%d, too few for limits.connections = %d", got, connections),
			fmt.Sprintf("raise it to %d (ulimit -n, or LimitNOFILE of the unit), or lower limits.connections to %d", wanted, uint64(connections)*got/least)}
	case got < wanted:
		return ReportLine{LevelOK, "limit", fmt.Sprintf("%d, just enough for limits.connections = %d", got, connections), ""}
	}
	return ReportLine{LevelOK, "limit", fmt.Sprintf("%d, enough for limits.connections = %d", got, connections), ""}
}

// descriptors is how many open files a process should be allowed for so many
// connections, and how many it cannot do without. A connection takes two in
// every process, and each needs some for itself: stunnel lets 125 clients in for
// 256 files that it may open.
func descriptors(connections int, tls site.Engine) (wanted, least uint64) {
	wanted, least = uint64(4*connections+1024), uint64(2*connections)
	if tls == site.Stunnel {
		least = uint64(connections*256+124) / 125
	}
	return wanted, least
}
