package control

import (
	"path/filepath"

	"edgegen/internal/api"
	"edgegen/internal/render"
	"edgegen/internal/statedir"
)

// Lacks lists what the running edge needs in its directories and is not there:
// what edgegen can put back as it was, and what takes other servers.
func (e *Edge) Lacks() (missing []string) {
	if !e.state.lock.Stands() {
		missing = append(missing, filepath.Join(e.state.dir, "lock"))
	}
	if !e.state.instance.Stands() {
		missing = append(missing, filepath.Join(e.state.dir, "ledger"))
	}
	if !e.control.Stands() {
		missing = append(missing, api.Socket(e.state.dir))
	}
	missing = append(missing, e.missingFiles()...)
	return append(missing, e.Lacking()...)
}

// missingFiles lists the directories, and the files of the generation that is
// served; of the certificates their directory alone, as there may be thousands.
func (e *Edge) missingFiles() []string {
	g := e.Serving()
	paths := append([]string{e.Layout.Run, statedir.Generations(e.Layout), e.Dir(g), e.Layout.Dir}, e.Layout.Directories()...)
	if out := g.Output; out != nil {
		for i := range out.Daemons {
			d := &out.Daemons[i]
			for _, file := range d.Files {
				paths = append(paths, filepath.Join(e.Dir(g), file.Name))
			}
			if len(d.PEM) > 0 {
				paths = append(paths, filepath.Join(e.Dir(g), render.PEMDir))
			}
		}
	}
	return statedir.NotThere(paths...)
}
