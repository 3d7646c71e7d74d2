package supervise

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// findLive returns the living processes that belong to the book while it is current:
// groups that ended have been taken out of it, so that a process in a group whose leader
// is gone was left by that leader.
func (b *book) findLive() []identity { return b.find(false) }

// findLeft returns the living processes that belong to a book which may be
// old. A group's number may have been used again since. Where the leader is
// gone, a member must carry the marker, or carry no environment to tell and be
// of the leader's session.
func (b *book) findLeft() []identity { return b.find(true) }

func (b *book) find(old bool) []identity {
	seen := processes()
	spared := lineage(seen, os.Getpid())
	var found []identity
	for pid, info := range seen {
		if info.isDead() || pid <= 1 || spared[pid] || info.start < b.since || info.identity == b.guardian {
			continue
		}
		if b.hasGroupOf(seen, info, old) || b.hasMarkerOf(pid) {
			found = append(found, info.identity)
		}
	}
	return found
}

func (b *book) hasMarkerOf(pid int) bool {
	marker, _ := markerOf(pid)
	return b.owns(marker)
}

func (b *book) owns(marker string) bool {
	return b.marker != "" && strings.HasPrefix(marker, b.marker+"/")
}

func (b *book) hasGroupOf(seen map[int]procInfo, info procInfo, old bool) bool {
	return slices.ContainsFunc(b.groups, func(g group) bool {
		if g.leader.pid != info.group {
			return false
		}
		if leader, present := seen[g.leader.pid]; present {
			return leader.identity == g.leader
		}
		if info.start < g.leader.start {
			return false
		}
		if !old {
			return true
		}
		_, told := markerOf(info.pid)
		return !told && info.session == g.session
	})
}

// lineage returns a process and its ancestors: the process that cleans up may itself have
// been started by one that is cleaned up.
func lineage(seen map[int]procInfo, pid int) map[int]bool {
	line := make(map[int]bool)
	for pid > 0 && !line[pid] {
		line[pid] = true
		pid = seen[pid].parent
	}
	return line
}

// removePaths removes the book's paths with all that is in them, the last one
// first, and returns those that were there.
func (b *book) removePaths(complain func(error)) (removed []string) {
	for _, path := range slices.Backward(b.paths) {
		if _, err := os.Lstat(path); err != nil {
			continue
		}
		if err := os.RemoveAll(filepath.Clean(path)); err != nil {
			complain(err)
			continue
		}
		removed = append(removed, path)
	}
	return removed
}
