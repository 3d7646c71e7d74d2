package control

import (
	"path/filepath"
	"slices"

	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
	"edgegen/internal/unixsocket"
)

// missing lists what the running edge needs in its directories and is not there:
// what edgegen can put back as it was, and what takes other servers.
func (e *Edge) missing() (missing []string) {
	if !e.state.lock.Stands() {
		missing = append(missing, filepath.Join(e.state.dir, "lock"))
	}
	if !e.state.instance.Stands() {
		missing = append(missing, filepath.Join(e.state.dir, "ledger"))
	}
	if !e.control.stands() {
		missing = append(missing, e.control.path)
	}
	missing = append(missing, e.missingFiles()...)
	missing = append(missing, e.unpublished()...)
	for _, d := range e.daemonsNow() {
		missing = append(missing, d.standInMissing()...)
	}
	return append(missing, slices.Concat(e.missingOf(e.serversNow())...)...)
}

// missingOf lists what each of some servers lacks.
func (e *house) missingOf(servers []server) [][]string {
	missing := make([][]string, len(servers))
	for i, s := range servers {
		if r, ok := s.(rooted); ok {
			missing[i] = r.missing()
		}
	}
	return missing
}

// missingFiles lists the directories, and the files of the generation that is
// served; of the certificates their directory alone, as there may be thousands.
func (e *house) missingFiles() []string {
	g := e.serving()
	paths := append([]string{e.layout.Run, statedir.Generations(e.layout), e.dir(g), e.layout.Dir}, e.layout.Directories()...)
	if out := g.Output; out != nil {
		for i := range out.Daemons {
			d := &out.Daemons[i]
			for _, file := range d.Files {
				paths = append(paths, filepath.Join(e.dir(g), file.Name))
			}
			if len(d.PEM) > 0 {
				paths = append(paths, filepath.Join(e.dir(g), render.PEMDir))
			}
		}
	}
	return notThere(paths...)
}

// unpublished lists the names of the cache tier's sockets that lead nowhere.
func (e *house) unpublished() (missing []string) {
	for _, s := range e.serversNow() {
		if !slices.Contains(s.roles(), site.CacheTier) {
			continue
		}
		for _, name := range e.published(s) {
			if !unixsocket.Is(name) {
				missing = append(missing, name)
			}
		}
	}
	return missing
}

// published are the names under which a cache tier is reached by its neighbours.
func (e *house) published(s server) (names []string) {
	cache, plain := e.layout.CacheSocket(), e.layout.PlainSocket()
	p, builtin := s.(*plane)
	if !builtin {
		return []string{cache, plain}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, socket := range p.inner {
		switch socket.path {
		case cache + besideName:
			names = append(names, cache)
		case plain + besideName:
			names = append(names, plain)
		}
	}
	return names
}
