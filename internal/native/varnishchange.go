package native

import (
	"fmt"
	"slices"
	"strconv"

	"edgegen/internal/render"
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
func (v *Varnish) Change(arguments render.Arguments) (parameters []Parameter, restart []string) {
	return compareArguments(v.inUse().arguments, arguments)
}

func compareArguments(before, after render.Arguments) (parameters []Parameter, restart []string) {
	for _, one := range after {
		old := before.Of(one.Option, one.Name)
		if old == one.Value {
			continue
		}
		if one.Option == "-p" && old != "" && slices.Contains(atRunTime, one.Name) {
			parameters = append(parameters, Parameter{one.Name, one.Value, old})
			continue
		}
		restart = append(restart, describe(one, old, one.Value))
	}
	for _, one := range before {
		if after.Of(one.Option, one.Name) == "" {
			restart = append(restart, describe(one, one.Value, ""))
		}
	}
	// This order keeps heads small enough for the workspaces at each step.
	slices.SortStableFunc(parameters, func(a, b Parameter) int { return atRank(a.Name) - atRank(b.Name) })
	return parameters, restart
}

func atRank(name string) int { return slices.Index(atRunTime, name) }

// describe puts a change of an argument into words.
func describe(of render.Argument, before, after string) string {
	what := "option " + of.Option
	switch of.Option {
	case "-s":
		return "storage " + describeStorage(render.Argument{Value: before}.Parts(), render.Argument{Value: after}.Parts())
	case "-a":
		what = "listening address " + of.Name
	case "-p":
		what = "parameter " + of.Name
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

// describeStorage compares a kind and a size, in a file with its path between them.
func describeStorage(old, next []string) string {
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
