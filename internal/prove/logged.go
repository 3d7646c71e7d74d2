package prove

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"

	"edgegen/internal/importer"
)

// mostLogged bounds how many different requests of a log are asked.
const mostLogged = 2000

// Logged are the requests of an access log, in the common or combined format or as
// edgegen writes it, each once. Those that name no host are asked of the first one that
// is asked for something else.
func Logged(name string, others []importer.Asked) (all []importer.Asked, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read the access log: %w", err)
	}
	defer file.Close()
	host := "localhost"
	if len(others) > 0 {
		host = others[0].Host
	}
	combined := regexp.MustCompile(`"(?:GET|HEAD) (/\S*) HTTP/`)
	seen := map[importer.Asked]bool{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() && len(all) < mostLogged {
		q := importer.Asked{Host: host, HTTPS: true}
		var record struct{ Method, Host, Path string }
		if match := combined.FindStringSubmatch(lines.Text()); match != nil {
			q.Path = match[1]
		} else if json.Unmarshal(lines.Bytes(), &record) == nil && record.Method == "GET" {
			if q.Path = record.Path; record.Host != "" {
				q.Host = record.Host
			}
		}
		if strings.HasPrefix(q.Path, "/") && !seen[q] {
			seen[q] = true
			all = append(all, q)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the access log: %w", err)
	}
	return all, nil
}
