package trust

import (
	"os"
	"os/user"
	"strconv"
)

// ThisMachine is the one that the program runs on. Under sudo the browsers are those
// of who has called it.
func ThisMachine() Machine {
	m := Machine{Anchors: "/usr/local/share/ca-certificates", Update: []string{"update-ca-certificates"}}
	m.Home, _ = os.UserHomeDir() // without one there are no browsers
	caller, err := user.Lookup(os.Getenv("SUDO_USER"))
	if os.Geteuid() != 0 || err != nil {
		return m
	}
	uid, uidErr := strconv.ParseUint(caller.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(caller.Gid, 10, 32)
	if uidErr == nil && gidErr == nil {
		m.Home, m.As = caller.HomeDir, &Person{uint32(uid), uint32(gid)}
	}
	return m
}
