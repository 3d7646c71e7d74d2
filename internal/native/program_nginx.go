package native

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"edgegen/internal/render"
)

var (
	nginxVersion = pattern(`(?m)^nginx version: [A-Za-z]+/([0-9]+(?:\.[0-9]+)+)`)
	nginxModules = pattern(`(?:^|\s)--modules-path=(\S+)`)
	nginxSwitch  = pattern(`(?:^|\s)--(with(?:out)?-[a-z0-9_-]+)`)
)

func nginxProgram() program {
	return program{
		versionArgument: "-V",
		version:         nginxVersion(),
		parseFeatures:   func(text string) []string { return words(nginxSwitch(), text) },
		modules:         nginxLoadable,
		voices:          []voice{{"nginx", judgeNginx, nginxCrowd, nginxRequest}},
		locate:          func(said string, file render.File) []Position { return LocateNginx(said, file.Name) },
		complaints:      nginxComplaints,
	}
}

// BrotliModule is the file of nginx's module for Brotli.
const BrotliModule = "ngx_http_brotli_filter_module.so"

// nginxLoadable finds the modules that edgegen has a use for in nginx's own directory.
func nginxLoadable(text string) []string {
	directory := nginxModules().FindStringSubmatch(text)
	if directory == nil {
		return nil
	}
	path := filepath.Join(directory[1], BrotliModule)
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	return []string{path}
}

// nginxLine is how nginx heads a line.
var nginxLine = pattern(`^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(\w+)\] \d+#\d+: `)

// nginxConnection is how nginx names a connection in a line.
var nginxConnection = pattern(`^\*\d+ `)

func nginxCrowd(text string) (common string, crowd bool) {
	common, _, _ = strings.Cut(nginxConnection().ReplaceAllString(text, ""), ", client: ")
	return common, strings.Contains(common, "worker_connections are not enough") || strings.Contains(common, "Too many open files")
}

// nginxRequest cuts off whose request it is, and of which file or connection.
func nginxRequest(text string) (common string, of bool) {
	common, _, of = strings.Cut(nginxConnection().ReplaceAllString(text, ""), ", client: ")
	return nginxQuoted().ReplaceAllString(common, `"…"`), of
}

// nginxQuoted is a name in a line of nginx's.
var nginxQuoted = pattern(`"[^"]*"`)

func judgeNginx(line string) (slog.Level, string) {
	head := nginxLine().FindStringSubmatch(line)
	if head == nil {
		return slog.LevelInfo, line
	}
	text := line[len(head[0]):]
	if strings.HasPrefix(text, "unlink() ") && strings.Contains(text, "nginx.pid") {
		return slog.LevelDebug, text // one that was replaced has removed its successor's
	}
	switch head[1] {
	case "warn":
		// Both are known when the file is rendered: edgegen has changed the
		// user already, and has raised the limit as far as it may.
		if strings.Contains(text, `the "user" directive makes sense only`) || strings.Contains(text, "exceed open file resource limit") {
			return slog.LevelDebug, text
		}
		// Said from 1.25.1 on, which has a directive for that; older ones take only this.
		if strings.Contains(text, `the "listen ... http2" directive is deprecated`) {
			return slog.LevelDebug, text
		}
		return slog.LevelWarn, text
	case "error", "crit", "alert", "emerg":
		return slog.LevelError, text
	}
	return slog.LevelDebug, text
}
