package config

import (
	"cmp"
	"slices"
	"strings"

	"edgegen/internal/site"
)

func readScriptRoot(b *block, a *argument, f *site.FastCGI) {
	if root, ok := b.text(a); ok {
		f.Root = b.directory(a.name, root)
	}
}

// readScriptIndex reads a name whose ending tells scripts from other files.
func readScriptIndex(b *block, a *argument, f *site.FastCGI) {
	f.Index = strings.Trim(a.standard, `"`)
	name, ok := b.text(a)
	if !ok {
		return
	}
	if !isScriptName(name.text) {
		b.errorAt(name.place, "write the name of a script with its ending, such as "+a.standard, "%q is no name for the index of an app", name.text)
		return
	}
	f.Index = name.text
}

func isScriptName(name string) bool {
	ending := name[strings.LastIndexByte(name, '.')+1:]
	other := func(r rune) bool { return !isWordCharacter(r) && r != '-' && r != '.' }
	odd := func(r rune) bool { return !isWordCharacter(r) || r == '_' }
	return len(name) <= 64 && len(ending) > 0 && len(ending) < len(name)-1 && name[0] != '.' && !strings.ContainsFunc(name, other) && !strings.ContainsFunc(ending, odd)
}

func readScriptParams(b *block, a *argument, f *site.FastCGI) {
	for _, p := range b.pairs(a) {
		switch {
		case !isVariableName(p.key.text):
			b.errorAt(p.key.place, `use letters, digits and "_", and no digit first`, "%q is no name for a parameter", p.key.text)
		case site.IsReservedParam(p.key.text):
			b.errorAt(p.key.place, "leave it out", "%s cannot be set here: edgegen sets it for each request", p.key.text)
		case strings.ContainsRune(p.value.text, 0):
			b.errorAt(p.value.place, "", "the value of %s holds a zero byte", p.key.text)
		default:
			f.Params = append(f.Params, site.Variable{Name: p.key.text, Value: p.value.text})
		}
	}
	slices.SortFunc(f.Params, func(x, y site.Variable) int { return cmp.Compare(x.Name, y.Name) })
}

// checkFastCGI checks that a backend does not speak FastCGI and TLS.
func checkFastCGI(b *block, backend *site.Backend) {
	if backend.FastCGI == nil {
		return
	}
	for _, s := range backend.Servers {
		if written, ok := b.servers[site.Server{Host: s.Host, Port: s.Port, Path: s.Path, TLS: s.TLS}]; ok && s.TLS {
			b.errorAt(written.place, "write it without \"https://\"", "server %q is to speak TLS, and FastCGI is spoken without", written.text)
		}
	}
}

// checkScriptRoute checks that a route with WebSockets does not lead to FastCGI, which
// has none.
func checkScriptRoute(b *block, r *site.Route) {
	if row := b.row(&r.WebSocket); r.WebSocket && b.appOf(r) != nil {
		b.errorAt(b.placeOf(row), "leave "+row.name+" out, or name the backend of a server for WebSockets", "no WebSocket can be opened to backend %q: it speaks FastCGI", r.Backend)
	}
}

// appOf is what speaks FastCGI behind a route of the block's; nil for none.
func (b *block) appOf(r *site.Route) *site.FastCGI {
	for _, backend := range b.around.model.(*siteDraft).Backends {
		if backend.Name == r.Backend {
			return backend.FastCGI
		}
	}
	return nil
}

// script reports an entry of try_files that names a script, which is no file to be
// served. An entry whose script the route's app finds by itself, as in ["$uri",
// "$uri/index.php", "/index.php"], may stand there without effect. Any other would
// promise what is not done.
func (b *block) script(a *argument, entry located, try site.Try) bool {
	route := b.around
	draft := site.Site{Backends: route.around.model.(*siteDraft).Backends}
	if !draft.IsScript(try.Suffix) {
		return false
	}
	app := route.appOf(route.model.(*site.Route))
	switch {
	case app == nil:
		b.errorAt(entry.place, "leave it out, or name the app as the route's backend", "%s entry %q names a script, which is not served as a file", a.name, entry.text)
	case try.Prefix != "" || try.Suffix != "/"+app.Index:
		b.errorAt(entry.place, `leave it out, or write "/`+app.Index+`"`, "%s entry %q names another script than the index, which is what backend %q runs where no file is", a.name, entry.text, route.model.(*site.Route).Backend)
	}
	return true
}
