package apps

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgegen/internal/certificate"
	"edgegen/test/ca"
	"edgegen/test/dns"
	"edgegen/test/edge"
	"edgegen/test/port"
)

// kept is what a state directory holds of authorities.
type kept struct {
	account      string
	certificates map[string]bool // serials
}

// keptIn reads it, and holds that nobody but its owner can, and that each file is
// whole.
func keptIn(t *testing.T, dir string) kept {
	t.Helper()
	k := kept{certificates: map[string]bool{}}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		switch {
		case filepath.Base(path) == "account.key":
			text, err := os.ReadFile(path)
			k.account = string(text)
			return err
		case strings.HasSuffix(path, ".pem"):
			pair, err := certificate.Load(path, path)
			if err != nil {
				return err
			}
			k.certificates[pair.Leaf.SerialNumber.String()] = true
		}
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return k
}

// C4: an edge that is killed at any moment of getting and renewing certificates goes on
// at the next start with what it has, and asks for nothing of that again.
func TestC4Killed(t *testing.T) {
	if *storm == 0 {
		t.Skip("make certificates runs it")
	}
	const rounds = 25
	site := func(directory, plain, secure string, sites int) string {
		var text strings.Builder
		fmt.Fprintf(&text, "edge {\n  http = [%q]\n  https = [%q]\n  acme {\n    directory = %q\n    ca_root = \"authority.pem\"\n  }\n}\n", plain, secure, directory)
		for i := range sites {
			fmt.Fprintf(&text, "site %q {\n  tls { acme = true }\n  route \"/\" { redirect { to = \"https://other.example/\" } }\n}\n", stormSite(i))
		}
		return text.String()
	}
	run := func(t *testing.T, life time.Duration, sites func(round int) int, hold func(t *testing.T, missing, orders int)) (given, kept int) {
		names, plain, secure := dns.Start(t), port.Free(t), port.Free(t)
		authority := ca.Start(t, ca.Options{Resolver: names.Address, HTTPPort: number(t, plain), Lifetime: life})
		h := edge.NewHome(t, edge.BuiltIn)
		h.Write("authority.pem", authority.Root)
		account, acme := "", filepath.Join(h.State, "acme")
		for round := range rounds {
			count := sites(round)
			for i := range count {
				names.Set(stormSite(i), "127.0.0.1")
			}
			h.Write("site.hcl", site(authority.Directory, plain, secure, count))
			missing, orders := count-len(keptIn(t, acme).certificates), authority.Orders()
			e := h.Run()
			time.Sleep(rand.N(time.Second)) // any moment will do
			e.Kill()
			<-e.Exited
			now := keptIn(t, acme)
			if account != "" && now.account != account {
				t.Error("another account")
			}
			account = now.account
			hold(t, missing, authority.Orders()-orders)
		}
		stores, _ := filepath.Glob(filepath.Join(acme, "*"))
		if err := os.WriteFile(filepath.Join(stores[0], ".begun.pem.1"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		e := h.Run()
		if begun, _ := filepath.Glob(filepath.Join(acme, "*", ".*")); len(begun) > 0 {
			t.Errorf("%v is left", begun)
		}
		for i := range sites(rounds - 1) {
			awaitShown(t, e, stormSite(i), "the authority's certificate", isGiven)
		}
		e.Stop()
		given, kept = authority.Given(), len(keptIn(t, acme).certificates)
		t.Logf("%d kills: %d orders, %d given, %d kept", rounds, authority.Orders(), given, kept)
		return given, kept
	}
	t.Run("getting", func(t *testing.T) {
		given, kept := run(t, 0, func(round int) int { return 2 * (round + 1) }, func(t *testing.T, missing, orders int) {
			if orders > missing {
				t.Errorf("%d orders for %d certificates that are missing", orders, missing)
			}
		})
		if given != kept {
			t.Errorf("%d certificates were asked for, and %d are kept", given, kept)
		}
	})
	t.Run("renewing", func(t *testing.T) {
		run(t, 4*time.Second, func(int) int { return 3 }, func(*testing.T, int, int) {})
	})
}
