package lifecycle

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"edgegen/test/edge"
)

// TestRefusePortInUse holds that a port of somebody else's is refused with its
// line, and that whoever has it does not notice.
func TestRefusePortInUse(t *testing.T) {
	t.Parallel()
	holder, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	h := newHome(t, edge.Native)
	h.Write("site.hcl", strings.Replace(anyPort, `https = ["127.0.0.1:0"]`, fmt.Sprintf("https = [%q]", holder.Addr()), 1)+plainSite)
	h.refused(fmt.Sprintf(`error: cannot listen on %s: another process does already\n --> HOME/site\.hcl:3:`, holder.Addr()), 1)
	// Nobody has knocked at the holder's door.
	if err := holder.SetDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if connection, err := holder.Accept(); err == nil {
		t.Errorf("%v has connected", connection.RemoteAddr())
	}
}

// TestRefuseLowPort is about an ordinary user.
func TestRefuseLowPort(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil {
		t.Fatal(err)
	}
	if first, err := strconv.Atoi(strings.TrimSpace(string(text))); err != nil || first <= 444 {
		t.Skip("low ports are for everybody here")
	}
	h := newHome(t, edge.Native)
	h.Write("site.hcl", strings.Replace(anyPort, `https = ["127.0.0.1:0"]`, `https = ["127.0.0.1:444"]`, 1)+plainSite)
	h.refusedTo(h.ordinary, `error: cannot listen on 127\.0\.0\.1:444: ports below 1024 are for root\n --> HOME/site\.hcl:3:`, 1)
}

// TestOddValues holds X1 with the daemons: what is not refused arrives as it was
// written.
func TestOddValues(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	const value = `it's "quoted"; $host ${host} {} \ # } evil 100%`
	const root = `pub "lic; $x {} #1`
	h.Write(root+"/hello.txt", "odd\n")
	text := headerSite(hclString(value))
	h.Write("site.hcl", strings.Replace(text, `"public"`, hclString(root), 1))
	e := h.run()
	response, err := e.client().Get("https://edge.test/hello.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || response.Header.Get("X-Odd") != value || len(response.Header["X-Odd"]) != 1 {
		t.Errorf("the answer is %d with X-Odd %q", response.StatusCode, response.Header["X-Odd"])
	}
}

// hclString writes a string as HCL has it.
func hclString(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strconv.Quote(s), "${", "$${"), "%{", "%%{")
}

// ordinary has a command run as www-data where this is root.
func (h *home) ordinary(c *exec.Cmd) {
	if os.Geteuid() != 0 {
		return
	}
	uid, gid := wwwData(h.t)
	h.giveTo(uid, gid)
	as(uint32(uid), uint32(gid))(c)
}
