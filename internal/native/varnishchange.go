package native

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Parameter is a run-time parameter of varnishd whose value has changed.
type Parameter struct{ Name, Value, Before string }

// atRunTime are the parameters that varnishd takes a new value of while it
// runs. Those of workspaces, threads and sending hold for what begins later.
var atRunTime = []string{
	"pipe_timeout", "timeout_idle", "first_byte_timeout", "between_bytes_timeout", "connect_timeout",
	"send_timeout", "idle_send_timeout", "backend_idle_timeout",
	"workspace_client", "workspace_backend",
	"http_req_size", "http_req_hdr_len", "http_resp_size", "http_resp_hdr_len", "http_max_hdr",
	"thread_pools", "thread_pool_min", "thread_pool_max", "thread_pool_timeout", "thread_pool_watchdog", "pipe_sess_max", "vsl_reclen", "vsl_mask",
	"default_ttl", "default_grace", "default_keep", "http_gzip_support", "auto_restart",
	"ban_lurker_age", "ban_cutoff", "max_restarts", "feature",
}

// Change compares rendered arguments with those that varnishd runs with: the
// parameters that can be set while it runs, in the order in which they are to
// be set, and, in words for people, what needs a restart.
func (v *Varnish) Change(arguments []string) (parameters []Parameter, restart []string) {
	return compareArguments(v.inUse().arguments, arguments)
}

func compareArguments(from, to []string) (parameters []Parameter, restart []string) {
	before, after := options(from), options(to)
	for _, option := range after {
		old := valueOf(before, option.key)
		if old == option.value {
			continue
		}
		name, isParameter := strings.CutPrefix(option.key, "-p ")
		if isParameter && old != "" && slices.Contains(atRunTime, name) {
			parameters = append(parameters, Parameter{name, option.value, old})
			continue
		}
		restart = append(restart, describe(option.key, old, option.value))
	}
	for _, option := range before {
		if valueOf(after, option.key) == "" {
			restart = append(restart, describe(option.key, option.value, ""))
		}
	}
	// This order keeps heads small enough for the workspaces at each step.
	slices.SortStableFunc(parameters, func(a, b Parameter) int { return atRank(a.Name) - atRank(b.Name) })
	return parameters, restart
}

func atRank(name string) int { return slices.Index(atRunTime, name) }

// option is one of varnishd's, with the name that its value begins with where
// it can be given several times.
type option struct{ key, value string }

func options(arguments []string) []option {
	var all []option
	for pair := range slices.Chunk(arguments, 2) {
		one := option{key: pair[0], value: pair[len(pair)-1]}
		if name, value, found := strings.Cut(one.value, "="); found && slices.Contains([]string{"-a", "-p", "-s"}, one.key) {
			one = option{one.key + " " + name, value}
		}
		all = append(all, one)
	}
	return all
}

func valueOf(all []option, key string) string {
	for _, one := range all {
		if one.key == key {
			return one.value
		}
	}
	return ""
}

// describe puts a change into words.
func describe(key, before, after string) string {
	kind, name, _ := strings.Cut(key, " ")
	what := "option " + key
	switch kind {
	case "-s":
		return "storage " + describeStorage(before, after)
	case "-a":
		what = "listening address " + name
	case "-p":
		what = "parameter " + name
	case "-n":
		what = "working directory"
	}
	return fmt.Sprintf("%s %s -> %s", what, orNone(before), orNone(after))
}

func orNone(value string) string {
	if value == "" {
		return "none"
	}
	return value
}

// describeStorage compares "malloc,SIZE" or "file,PATH,SIZE".
func describeStorage(before, after string) string {
	old, next := strings.Split(before, ","), strings.Split(after, ",")
	switch {
	case old[0] != next[0]:
		return fmt.Sprintf("%s -> %s", storageType(old[0]), storageType(next[0]))
	case len(old) == 3 && len(next) == 3 && old[1] != next[1]:
		return fmt.Sprintf("path %s -> %s", old[1], next[1])
	}
	return fmt.Sprintf("size %s -> %s", byteSize(old[len(old)-1]), byteSize(next[len(next)-1]))
}

func storageType(word string) string {
	if word == "malloc" {
		return "memory"
	}
	return orNone(word)
}

// byteSize writes bytes in the largest unit that leaves no rest.
func byteSize(text string) string {
	bytes, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return orNone(text)
	}
	units := []string{"bytes", "KiB", "MiB", "GiB"}
	unit := 0
	for unit < len(units)-1 && bytes != 0 && bytes%1024 == 0 {
		bytes, unit = bytes/1024, unit+1
	}
	return fmt.Sprintf("%d %s", bytes, units[unit])
}
