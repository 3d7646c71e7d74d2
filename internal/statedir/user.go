package statedir

import (
	"errors"
	"fmt"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"edgegen/internal/config"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// User is whom processes run as.
type User struct {
	Name string
	// Daemons and apps are nil where they run as the user who started edgegen:
	// always where that is not root, and apps also where the site names nobody.
	//
	// The daemons have a group of their own as well. Apps, and whatever else runs
	// as that user on the machine, have not: so they can neither enter the
	// runtime directory, in which the keys, varnishd's secret and the sockets
	// between the tiers are, nor look into a daemon's memory or environment,
	// which takes the same user and the same group (ptrace(2)).
	Daemons, Apps *supervise.Credential
}

// FindUser looks up the user of a site. Without one, daemons run as Debian's
// www-data, or else nobody.
func FindUser(edge *site.Edge, found *config.Findings) User {
	if os.Geteuid() != 0 {
		return User{}
	}
	names := []string{edge.User}
	if edge.User == "" {
		names = []string{"www-data", "nobody"}
	}
	for _, name := range names {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		credential, err := credentialOf(account)
		if err != nil {
			continue
		}
		if credential.UID == 0 {
			return User{Name: name}
		}
		group, err := ownGroup()
		if err != nil {
			found.Add(edge.UserSource, config.Error, err.Error(), "delete one of these groups")
			return User{}
		}
		who := User{Name: name, Daemons: within(group, credential)}
		if edge.User != "" {
			who.Apps = credential
		}
		return who
	}
	found.Add(edge.UserSource, config.Error,
		fmt.Sprintf("there is no user %q on this machine", names[0]),
		"name a user that exists, as `id NAME` tells; the daemons run as it when edgegen is root")
	return User{}
}

func credentialOf(account *user.User) (*supervise.Credential, error) {
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	credential := &supervise.Credential{UID: uint32(uid), GID: uint32(gid)}
	groups, err := account.GroupIds()
	if err != nil {
		return nil, err
	}
	for _, group := range groups {
		if id, err := strconv.ParseUint(group, 10, 32); err == nil {
			credential.Groups = append(credential.Groups, uint32(id))
		}
	}
	return credential, nil
}

// within returns the credential with another group as its own. It keeps the
// rights of those that it has.
func within(group uint32, c *supervise.Credential) *supervise.Credential {
	return &supervise.Credential{UID: c.UID, GID: group, Groups: append([]uint32{c.GID}, c.Groups...)}
}

// The numbers of groups that neither systemd nor Debian gives to anybody, and
// which a container of 65,536 numbers has too: https://systemd.io/UIDS-GIDS/.
const firstOwnGroup, lastOwnGroup = 60578, 61183

// ownGroup returns the number of a group that nobody on this machine is in. It
// is another one each time, so that two edges seldom share one.
func ownGroup() (uint32, error) {
	const count = lastOwnGroup - firstOwnGroup + 1
	start := mathrand.IntN(count)
	for i := range count {
		number := firstOwnGroup + (start+i)%count
		if _, err := user.LookupGroupId(strconv.Itoa(number)); errors.As(err, new(user.UnknownGroupIdError)) {
			return uint32(number), nil
		}
	}
	return 0, fmt.Errorf("every number of a group from %d to %d is taken: the daemons need one that nobody is in", firstOwnGroup, lastOwnGroup)
}

// Owner returns the user and group to whom files for the daemons are given.
func (i User) Owner() (uid, gid int) {
	if i.Daemons == nil {
		return os.Geteuid(), os.Getegid()
	}
	return int(i.Daemons.UID), int(i.Daemons.GID)
}

// Blocked returns the first directory on the way to the path, or the path
// itself, that the daemons may not enter or read; "" where there is none.
func (i User) Blocked(path string) string {
	if i.Daemons == nil {
		return ""
	}
	for step := path; ; step = filepath.Dir(step) {
		info, err := os.Stat(step)
		if err != nil {
			return ""
		}
		need := fs.FileMode(0o1)
		if step == path && !info.IsDir() {
			need = 0o4
		}
		if !i.permits(info, need) {
			return step
		}
		if step == filepath.Dir(step) {
			return ""
		}
	}
}

// permits looks at the mode alone: access lists may grant more, so its answer
// is good for a warning and for a choice, not for a refusal.
func (i User) permits(info fs.FileInfo, need fs.FileMode) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return true
	}
	mode := info.Mode().Perm()
	if stat.Uid == i.Daemons.UID {
		return mode>>6&need == need
	}
	if stat.Gid == i.Daemons.GID {
		return mode>>3&need == need
	}
	for _, group := range i.Daemons.Groups {
		if stat.Gid == group {
			return mode>>3&need == need
		}
	}
	return mode&need == need
}
