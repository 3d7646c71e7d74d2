package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"edgegen/internal/config"
	"edgegen/internal/dataplane/static"
	"edgegen/internal/explain"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
)

// siteFlags are the flags that say how a site is read.
type siteFlags struct {
	engine, stateDir string
	given            []config.Given
}

type explainFlags struct {
	siteFlags
	peer, id     string
	client       string // a file
	headers      []string
	protocol     string
	asJSON, live bool
}

func newExplain(s streams) *cobra.Command {
	var flags explainFlags
	c := &cobra.Command{
		Use:   "explain METHOD URL [SITE]",
		Short: "Say which way a request would take, and why",
		Long: `explain predicts what happens to a request: the listener, the site, the route, whether
it opens a WebSocket, whether the cache is asked and if not, why, the file or the app
that answers, and the headers that the app and the client get. Each step has the
clause of the contract (docs/contract.md), the line of the site, and the line of the
daemon's file, as edgegen render prints it, that does it. The first line is the result
in short.

Nothing has to run: explain decides as the builtin tiers do, and looks at files as
they are now. A URL without a scheme is https://. A URL without a port may use any
listener of its scheme, and a wss:// URL opens a WebSocket.

--live also sends the request to the running edge, and compares the answer with the
prediction.
--id explains a line of the access log by the generation that served it: an edge keeps
the models of its last 50 generations, without secrets, in its state directory, 32 MiB
at most.`,
		Example: `  edgegen explain GET https://vzine.us/chat
  edgegen explain GET vzine.us/chat --header 'Cookie: session=1'
  edgegen explain GET https://vzine.us/ --peer 10.0.0.1 --header 'X-Forwarded-For: 203.0.113.7'
  edgegen explain GET https://vzine.us/ --client-cert alice.pem
  edgegen explain GET wss://vzine.us/chat --protocol h2
  edgegen explain GET https://vzine.us/ --live`,
		Args: flags.arguments, ValidArgsFunction: completeRequest,
		RunE: func(c *cobra.Command, arguments []string) error {
			selection, err := generation.ParseSelection(flags.engine)
			if err != nil {
				return usageError{fmt.Errorf("--engine: %w", err)}
			}
			if flags.stateDir, err = stateDir(flags.stateDir); err != nil {
				return err
			}
			if flags.id != "" {
				return s.explainLine(c.Context(), siteOf(arguments), selection, flags)
			}
			request, err := flags.request(arguments)
			switch {
			case err != nil:
				return usageError{err}
			case flags.live:
				return s.explainLive(c.Context(), request, arguments[2:], flags)
			}
			return s.explain(c.Context(), request, siteOf(arguments[2:]), selection, flags)
		},
	}
	c.Flags().StringArrayVarP(&flags.headers, "header", "H", nil, "a header field of the request, as 'Name: value'; may be repeated")
	c.Flags().StringVar(&flags.peer, "peer", "", "the address that the request comes from, as for trusted_proxies")
	c.Flags().StringVar(&flags.protocol, "protocol", "", "the version of HTTP that the client prefers: h1, h2 or h3 (default h1)")
	completeFlag(c, "protocol", cobra.FixedCompletions([]string{site.HTTP1, site.HTTP2, site.HTTP3}, cobra.ShellCompDirectiveNoFileComp))
	c.Flags().StringVar(&flags.client, "client-cert", "", "a PEM file with the certificate that the client presents, and for --live its key")
	c.Flags().BoolVar(&flags.live, "live", false, "send the request to the running edge, and compare")
	c.Flags().StringVar(&flags.id, "id", "", "explain the request with this X-Request-Id in the access log, by the site as it was then")
	c.Flags().BoolVar(&flags.asJSON, "json", false, "print the explanation as JSON")
	engineFlag(c, &flags.engine, "suppose that up was given this --engine")
	stateDirFlag(c, &flags.stateDir)
	givenFlags(c, &flags.given)
	return c
}

// arguments takes a method, a URL, and perhaps a SITE.
func (f *explainFlags) arguments(c *cobra.Command, arguments []string) error {
	switch {
	case f.id != "" && (f.live || f.peer != "" || f.client != "" || f.protocol != "" || len(f.headers) > 0):
		return usageError{errors.New("--id takes the request from the access log: leave out --live, --peer, --client-cert, --protocol and --header")}
	case f.id != "":
		return siteArgument(c, arguments)
	case len(arguments) < 2 || len(arguments) > 3:
		return usageError{errors.New("explain takes a METHOD and a URL, and perhaps a SITE, as in: edgegen explain GET https://vzine.us/chat")}
	case f.live && (f.peer != "" || f.engine != ""):
		return usageError{errors.New("--live asks the running edge, from this machine: leave out --peer and --engine")}
	}
	return nil
}

func (f *explainFlags) request(arguments []string) (explain.Request, error) {
	request, err := explain.Ask(explain.Asked{Method: arguments[0], URL: arguments[1], Fields: f.headers, Protocol: f.protocol})
	if err == nil && f.client != "" {
		request.Client, err = shownCertificate(f.client, f.live)
	}
	if err != nil || f.peer == "" {
		return request, err
	}
	if request.Peer, err = netip.ParseAddr(f.peer); err != nil {
		err = fmt.Errorf("--peer: %q is not an IP address", f.peer)
	}
	request.Peer = request.Peer.Unmap()
	return request, err
}

func (s streams) explain(ctx context.Context, request explain.Request, path string, selection generation.Selection, flags explainFlags) error {
	explainer, _, err := s.explainer(ctx, path, selection, flags.siteFlags, nil)
	if err != nil {
		return s.refusal(err, flags.asJSON)
	}
	return s.showExplanation(explainer.Explain(request), flags.asJSON)
}

// showExplanation prints an explanation. It fails if the answer that came differs from what
// was foretold.
func (s streams) showExplanation(e *explain.Explanation, asJSON bool) error {
	var err error
	if asJSON {
		err = printJSON(s.out, e)
	} else {
		_, err = io.WriteString(s.out, explanationText(e, colored(s.out), columns(s.out)))
	}
	if err == nil && e.Live != nil && e.Live.Differs {
		return errFailed
	}
	return err
}

// explainer reads a site and prepares to explain it. settle changes the model first, unless
// it is nil.
func (s streams) explainer(ctx context.Context, path string, selection generation.Selection, flags siteFlags, settle func(*site.Edge)) (*explain.Explainer, *generation.Preview, error) {
	p, diagnostics, err := generation.Look(ctx, path, flags.given, selection, printedLayout(), flags.stateDir, version())
	if err != nil {
		return nil, nil, err
	}
	s.report(diagnostics)
	if settle != nil {
		settle(p.Loaded.Edge)
	}
	explainer, err := explainerOf(p, path)
	return explainer, p, err
}

// explainerOf explains the site of a preview. It shows paths relative to the site's
// directory.
func explainerOf(p *generation.Preview, path string) (*explain.Explainer, error) {
	root, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find the site: %w", err)
	}
	return explainerFor(explain.Site{Edge: p.Loaded.Edge, Engines: p.Engines, Output: p.Output, Private: p.Private}, root, p.Who)
}

// explainerFor explains a site whose absolute path is known, and whose files are read as
// the daemons' user does.
func explainerFor(in explain.Site, path string, who statedir.User) (*explain.Explainer, error) {
	in.Root = path
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		in.Root = filepath.Dir(path)
	}
	if who.Daemons != nil {
		var err error
		if in.Rights, err = static.NewRights(who.Daemons.UID, who.Daemons.GID, who.Daemons.Groups); err != nil {
			return nil, err
		}
	}
	return explain.New(in)
}
