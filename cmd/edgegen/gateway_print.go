package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"edgegen/internal/config"
	"edgegen/internal/gateway"
)

// printedAnswers is the directory of fixed answers in the printed sites, which nobody runs.
const printedAnswers = "/run/edgegen/answers"

// printGateway prints the sites that objects of files make, and their statuses.
func (s streams) printGateway(flags gatewayFlags) (err error) {
	objects, err := readObjects(flags.from)
	if err != nil {
		return err
	}
	directory, err := os.MkdirTemp("", "edgegen-gateway-")
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()
	flags.Answers = printedAnswers
	plan, err := gateway.Settle(objects, flags.Options, gateway.NewChecker(directory, flags.Shared).Check)
	if err != nil {
		return err
	}
	for _, e := range plan.Edges {
		text, problems := config.Format(gateway.SiteFile, e.Site())
		if problems.HasErrors() {
			return &config.Refused{Diagnostics: problems}
		}
		fmt.Fprintf(s.out, "# ==== %s/%s ====\n%s\n", e.ID, gateway.SiteFile, text)
	}
	for _, status := range plan.Statuses(nil, time.Now()) {
		text, err := yaml.Marshal(status.Value)
		if err != nil {
			return fmt.Errorf("write the status of %s: %w", status.Of, err)
		}
		fmt.Fprintf(s.out, "# ==== status of %s ====\n%s\n", status.Of, text)
	}
	for _, p := range plan.Problems() {
		fmt.Fprintf(s.err, "edgegen: %s: %s\n", p.Of, p.Words)
	}
	return nil
}

// readObjects reads the objects of a file, or of each YAML and JSON file of a directory.
func readObjects(path string) (objects gateway.Objects, err error) {
	names := []string{path}
	if entries, unread := os.ReadDir(path); unread == nil {
		names = nil
		for _, entry := range entries {
			switch strings.ToLower(filepath.Ext(entry.Name())) {
			case ".yaml", ".yml", ".json":
				names = append(names, filepath.Join(path, entry.Name()))
			}
		}
		if len(names) == 0 {
			return objects, fmt.Errorf("%s has no .yaml, .yml or .json file", path)
		}
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return objects, fmt.Errorf("read %s: %w", name, causeOf(err))
		}
		if err := objects.AddYAML(text); err != nil {
			return objects, fmt.Errorf("%s: %w", name, err)
		}
	}
	return objects, nil
}
