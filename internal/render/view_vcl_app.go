package render

import (
	"fmt"
	"net"
	"strings"

	"edgegen/internal/site"
)

type vclApp struct {
	Name, Title string
	Director    bool
	Connect     string // the connect timeout; "" for the default
	Servers     []vclServer
	Source      site.Source
}

type vclServer struct {
	Name, Path, Host, Port string
	Source                 site.Source
}

// address is "host:port" or "unix:/path".
func (s vclServer) address() string {
	if s.Path != "" {
		return "unix:" + s.Path
	}
	return net.JoinHostPort(s.Host, s.Port)
}

// serversOf are the addresses of all servers by their names.
func serversOf(apps []vclApp) map[string]string {
	named := make(map[string]string)
	for _, app := range apps {
		for _, server := range app.Servers {
			named[server.Name] = server.address()
		}
	}
	return named
}

// vclAppOf names an app after its backend. As VCL allows no "-" in an object's name, the
// number distinguishes "a-b" from "a_b", and the servers of "a" from a backend "a_1".
func vclAppOf(s *site.Site, name string, number int) vclApp {
	backend, _ := s.BackendByName(name)
	app := vclApp{
		Name:     fmt.Sprintf("app_%d_%s", number, strings.ReplaceAll(name, "-", "_")),
		Title:    name + " of " + s.Host,
		Director: len(backend.Servers) > 1,
		Source:   backend.Source,
	}
	if backend.Timeout.Connect > 0 {
		app.Connect = vclDuration(backend.Timeout.Connect)
	}
	for i, server := range backend.Servers {
		rendered := vclServer{Name: app.Name, Path: server.Path, Host: server.Host, Source: server.Source}
		if server.Path == "" {
			rendered.Port = fmt.Sprint(server.Port)
		}
		if app.Director {
			rendered.Name = fmt.Sprintf("%s_%d", app.Name, i+1)
		}
		app.Servers = append(app.Servers, rendered)
	}
	return app
}

// serversLine is "edge-servers:NAME=ADDRESS NAME=ADDRESS…"; a space in an
// address is written %20, a percent sign %25.
func serversLine(app vclApp) string {
	line := "edge-servers:"
	for i, server := range app.Servers {
		if i > 0 {
			line += " "
		}
		line += server.Name + "=" + strings.NewReplacer("%", "%25", " ", "%20").Replace(server.address())
	}
	return line
}
