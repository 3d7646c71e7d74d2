// Package lsp is a server of the Language Server Protocol for site files: what is
// wrong, what can stand somewhere, what a word means and where it is declared, and
// the canonical layout. It starts nothing, and writes no file.
package lsp

import (
	"context"
	"errors"
	"io"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"
	"github.com/creachadair/jrpc2/handler"

	"edgegen/internal/config"
)

// Server speaks with one editor.
type Server struct {
	version   string
	workspace *workspace
	snippets  bool // the editor knows places to fill
	leaving   bool // it has said that it will end
	abrupt    bool // it has ended without that
	rpc       *jrpc2.Server
}

// New returns a server that says which version it is.
func New(version string) *Server {
	return &Server{version: version, workspace: newWorkspace()}
}

// errAbrupt is what the protocol wants to be told of.
var errAbrupt = errors.New("the editor asked for the end without a shutdown before")

// Serve speaks with an editor until it ends, or the context does. It closes out.
func (s *Server) Serve(ctx context.Context, in io.Reader, out io.WriteCloser) error {
	// One at a time, in their order: nothing here takes long.
	s.rpc = jrpc2.NewServer(s.methods(), &jrpc2.ServerOptions{AllowPush: true, Concurrency: 1})
	stop := context.AfterFunc(ctx, s.rpc.Stop)
	defer stop()
	err := s.rpc.Start(channel.LSP(in, out)).Wait()
	if err == nil && s.abrupt {
		err = errAbrupt
	}
	return err
}

func (s *Server) methods() handler.Map {
	return handler.Map{
		"initialize":                       handler.New(s.initialize),
		"initialized":                      handler.New(ignored),
		"shutdown":                         handler.New(s.shutdown),
		"exit":                             handler.New(s.exit),
		"$/setTrace":                       handler.New(ignored),
		"$/cancelRequest":                  handler.New(ignored),
		"workspace/didChangeWatchedFiles":  handler.New(s.changedOutside),
		"workspace/didChangeConfiguration": handler.New(ignored),
		"textDocument/didOpen":             handler.New(s.opened),
		"textDocument/didChange":           handler.New(s.changed),
		"textDocument/didSave":             handler.New(s.saved),
		"textDocument/didClose":            handler.New(s.closed),
		"textDocument/completion":          handler.New(s.completion),
		"textDocument/hover":               handler.New(s.hover),
		"textDocument/definition":          handler.New(s.definition),
		"textDocument/formatting":          handler.New(s.formatting),
	}
}

func ignored(context.Context, *jrpc2.Request) error { return nil }

func (s *Server) initialize(_ context.Context, p initializeParams) (initializeResult, error) {
	s.snippets = p.Capabilities.TextDocument.Completion.CompletionItem.SnippetSupport
	return initializeResult{
		ServerInfo: serverInfo{"edgegen", s.version},
		Capabilities: capabilities{TextDocumentSync: wholeText, HoverProvider: true, DefinitionProvider: true, FormattingProvider: true,
			CompletionProvider: completionOptions{TriggerCharacters: []string{".", `"`}}},
	}, nil
}

func (s *Server) shutdown(context.Context) error {
	s.leaving = true
	return nil
}

// exit ends the server, which has to answer nobody any more.
func (s *Server) exit(context.Context) error {
	s.abrupt = !s.leaving
	s.rpc.Stop()
	return nil
}

func (s *Server) opened(ctx context.Context, p openParams) error {
	return s.take(ctx, p.TextDocument.URI, []byte(p.TextDocument.Text))
}

func (s *Server) changed(ctx context.Context, p changeParams) error {
	if len(p.ContentChanges) == 0 {
		return nil
	}
	return s.take(ctx, p.TextDocument.URI, []byte(p.ContentChanges[len(p.ContentChanges)-1].Text))
}

func (s *Server) closed(ctx context.Context, p openParams) error {
	return s.take(ctx, p.TextDocument.URI, nil)
}

func (s *Server) saved(ctx context.Context, p openParams) error {
	path, err := pathOf(p.TextDocument.URI)
	if err != nil {
		return err
	}
	return s.publish(ctx, path)
}

// changedOutside looks anew at what is open: a file beside it has changed.
func (s *Server) changedOutside(ctx context.Context, _ *jrpc2.Request) (err error) {
	for path := range s.workspace.texts {
		err = errors.Join(err, s.publish(ctx, path))
	}
	return err
}

func (s *Server) take(ctx context.Context, uri string, text []byte) error {
	path, err := pathOf(uri)
	if err != nil {
		return err
	}
	s.workspace.hold(path, text)
	return s.publish(ctx, path)
}

// publish tells what is wrong with the site of a file, and that nothing is wrong
// any more where something was.
func (s *Server) publish(ctx context.Context, path string) error {
	_, files, problems := s.workspace.siteOf(path)
	said := map[string][]diagnostic{}
	for _, file := range append(files, path) {
		if _, open := s.workspace.texts[file]; open || s.workspace.published[file] {
			said[file] = []diagnostic{}
		}
	}
	for _, p := range problems {
		file := p.File
		if p.Line == 0 { // of the whole, which may be a directory
			file = path
		}
		said[file] = append(said[file], s.diagnostic(file, p))
	}
	for file, list := range said {
		s.workspace.published[file] = len(list) > 0
		if err := s.rpc.Notify(ctx, "textDocument/publishDiagnostics", publishParams{uriOf(file), list}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) diagnostic(file string, p config.Diagnostic) diagnostic {
	d := diagnostic{Severity: severityError, Source: "edgegen", Message: p.Summary}
	if p.Severity == config.Warning {
		d.Severity = severityWarning
	}
	for _, value := range p.Values {
		d.Message += "\n" + value
	}
	if p.Instance != "" {
		d.Message += "\nin " + p.Instance
	}
	if p.Remedy != "" {
		d.Message += "\n" + p.Remedy
	}
	d.Range = rangeOf(s.workspace.text(file), p.Byte, p.EndByte)
	return d
}
