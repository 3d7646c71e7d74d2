package config

import (
	"maps"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Share has the reader take what a file says of the edge, beneath what the site's own
// files say of it: what both say, the site's files decide. Several edges may share such
// a file, so it has no sites, and nothing that an edge has for itself. It is one of
// Loaded.Files, and named in diagnostics by its path as it is given here. "" is none.
func (r *Reader) Share(file string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shared = file
}

// share has a file lie beneath the site's own. It alone has expressions, so what these
// read is in its directory.
func (l *loader) share(file string) {
	if file == "" {
		return
	}
	absolute, err := filepath.Abs(file)
	if err != nil {
		l.fail(file, "", "%s", causeOf(err))
	}
	l.shared, l.valueRoot = file, filepath.Dir(absolute)
}

// readShared reads the file that the edges share, where there is one.
func (l *loader) readShared() []*source {
	if l.shared == "" {
		return nil
	}
	absolute := filepath.Join(l.valueRoot, filepath.Base(l.shared))
	l.files = append(l.files, absolute)
	content, ok := l.readPlain(l.shared)
	if !ok || !l.isText(l.shared, content) {
		return nil
	}
	s := newSource(l.shared, absolute, absolute, withoutMark(content))
	l.sources[absolute] = s
	return []*source{s}
}

// lay puts the edge block of the site's own files over that of the file which edges
// share. It is the first of the files.
func (l *loader) lay(files []*block) {
	shared := files[0].body
	for _, node := range shared.Blocks {
		switch node.Type {
		case l.language.edge().name:
			l.refuseOwn(node.Body, l.language.edge())
		case l.language.site().name:
			l.errorAt(node.DefRange(), "leave it out: what is served comes from elsewhere", "a site, in a file that several edges share")
		}
	}
	for _, own := range files[1:] {
		at := slices.IndexFunc(own.body.Blocks, func(node *hclsyntax.Block) bool { return node.Type == l.language.edge().name })
		if at < 0 {
			continue
		}
		over := &hclsyntax.Body{Blocks: own.body.Blocks[at : at+1]}
		rest := *own.body
		rest.Blocks = slices.Concat(own.body.Blocks[:at], own.body.Blocks[at+1:])
		own.body, files[0].body = &rest, laid(shared, over)
		return
	}
}

// refuseOwn refuses what each edge has for itself.
func (l *loader) refuseOwn(body *hclsyntax.Body, kind *schema) {
	for _, a := range kind.arguments {
		if found := body.Attributes[a.name]; found != nil && a.own != "" {
			l.errorAt(found.NameRange, a.own, "%s, in a file that several edges share", a.name)
		}
	}
	for _, node := range body.Blocks {
		if inner := kind.child(node.Type); inner != nil {
			l.refuseOwn(node.Body, inner)
		}
	}
}

// laid is a body over another one. Its arguments count, and blocks of one kind that
// have no label become one.
func laid(beneath, over *hclsyntax.Body) *hclsyntax.Body {
	whole := *beneath
	whole.Attributes = maps.Clone(beneath.Attributes)
	if whole.Attributes == nil {
		whole.Attributes = hclsyntax.Attributes{}
	}
	maps.Copy(whole.Attributes, over.Attributes)
	whole.Blocks = slices.Clone(beneath.Blocks)
	for _, node := range over.Blocks {
		at := slices.IndexFunc(whole.Blocks, func(b *hclsyntax.Block) bool { return b.Type == node.Type && len(b.Labels)+len(node.Labels) == 0 })
		if at < 0 {
			whole.Blocks = append(whole.Blocks, node)
			continue
		}
		one := *whole.Blocks[at]
		one.Body = laid(one.Body, node.Body)
		whole.Blocks[at] = &one
	}
	return &whole
}
