package endpoints

import (
	"io"
	"strconv"
	"strings"

	"edgegen/internal/backends"
	"edgegen/internal/dataplane/fastcgi"
	"edgegen/internal/site"
)

// fastcgi is how to ask a backend that speaks FastCGI; nil for any other backend. The
// lock is held.
func (w *Watched) fastcgi(b *site.Backend, id backends.ID) *fastcgi.App {
	if b.FastCGI == nil {
		return nil
	}
	app := appOf(b.FastCGI)
	if port := strings.TrimPrefix(w.edge.RedirectPort(), ":"); port != "" {
		app.SecurePort = port
	}
	if w.edge.Plain() && len(w.edge.HTTP) > 0 {
		app.PlainPort = strconv.Itoa(int(w.edge.HTTP[0].Address.Port()))
	}
	from := id.Name + " of " + id.Site
	app.Stderr = func(line string) { w.log.Warn(line, "from", from) }
	return app
}

func appOf(f *site.FastCGI) *fastcgi.App {
	return &fastcgi.App{Root: f.Root, Index: f.Index, Params: f.Params, SecurePort: "443", PlainPort: "80"}
}

// askScript asks whether an app is well.
func askScript(conn io.ReadWriter, f *site.FastCGI, host, target string) (int, error) {
	return appOf(f).Status(conn, host, target)
}
