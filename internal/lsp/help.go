package lsp

import (
	"context"

	"edgegen/internal/config"
)

// at is a place in a document, for the assistant.
func (s *Server) at(p placeParams) (a *config.Assistant, path string, text []byte, offset int, err error) {
	if path, err = pathOf(p.TextDocument.URI); err != nil {
		return nil, "", nil, 0, err
	}
	text = s.workspace.text(path)
	return s.workspace.assistant(path), path, text, offsetOf(text, p.Position), nil
}

func (s *Server) hover(_ context.Context, p placeParams) (*hover, error) {
	assistant, path, text, offset, err := s.at(p)
	if err != nil {
		return nil, err
	}
	words, place := assistant.Describe(path, offset)
	if words == "" {
		return nil, nil
	}
	return &hover{markdown(words), rangeOf(text, place.From, place.To)}, nil
}

func (s *Server) definition(_ context.Context, p placeParams) (*location, error) {
	assistant, path, _, offset, err := s.at(p)
	if err != nil {
		return nil, err
	}
	place, found := assistant.Definition(path, offset)
	if !found {
		return nil, nil
	}
	return &location{uriOf(place.File), rangeOf(s.workspace.text(place.File), place.From, place.To)}, nil
}

func (s *Server) completion(_ context.Context, p placeParams) ([]completionItem, error) {
	assistant, path, text, offset, err := s.at(p)
	if err != nil {
		return nil, err
	}
	items := []completionItem{}
	for _, c := range assistant.Complete(path, offset) {
		item := completionItem{Label: c.Label, Kind: itemKind(c.Kind), Detail: c.Detail, InsertTextFormat: plainFormat,
			TextEdit: textEdit{rangeOf(text, c.At.From, c.At.To), c.Text}}
		if c.Words != "" {
			words := markdown(c.Words)
			item.Documentation = &words
		}
		if s.snippets && c.Snippet != "" {
			item.InsertTextFormat, item.TextEdit.NewText = snippetFormat, c.Snippet
		}
		items = append(items, item)
	}
	return items, nil
}

// itemKind is the protocol's number for a kind of candidates.
func itemKind(kind config.CandidateKind) int {
	const (
		function = 3
		variable = 6
		module   = 9
		property = 10
		value    = 12
	)
	switch kind {
	case config.ArgumentCandidate:
		return property
	case config.BlockCandidate:
		return module
	case config.NameCandidate:
		return variable
	case config.FunctionCandidate:
		return function
	}
	return value
}

// formatting answers with nothing to do where the text does not parse: what is
// wrong has been told.
func (s *Server) formatting(_ context.Context, p openParams) ([]textEdit, error) {
	path, err := pathOf(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	text := s.workspace.text(path)
	formatted, problems := config.Format(path, text)
	if problems.HasErrors() || string(formatted) == string(text) {
		return []textEdit{}, nil
	}
	return []textEdit{{rangeOf(text, 0, len(text)), string(formatted)}}, nil
}
