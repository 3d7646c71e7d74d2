package static

import (
	"path"
	"strings"

	"edgegen/internal/site"
)

// mediaTypes turns the table that every engine serves by into a lookup by
// extension.
func mediaTypes() map[string]string {
	types := map[string]string{}
	for _, m := range site.MediaTypes() {
		for _, extension := range m.Extensions {
			types["."+extension] = m.Type
		}
	}
	return types
}

// MediaType is the Content-Type of a file of that name.
func (f *Files) MediaType(name string) string {
	if t, ok := f.types[strings.ToLower(path.Ext(name))]; ok {
		return t
	}
	return site.DefaultMediaType
}
