package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"edgegen/internal/printable"
	"edgegen/internal/tones"

	"github.com/spf13/cobra"

	"edgegen/internal/config"
	"edgegen/internal/doctor"
	"edgegen/internal/generation"
)

type doctorFlags struct {
	engine, stateDir string
	asJSON, all      bool
	given            []config.Given
}

func newDoctor(s streams) *cobra.Command {
	var flags doctorFlags
	c := &cobra.Command{
		Use:   "doctor [SITE]",
		Short: "Show what this machine has, and what would keep an edge from starting",
		Long: `doctor checks the daemons, the compiler for VCL, the site's addresses, the user of
the daemons and what that user may read, the limit of open files, the certificates
and the state directory. It says which engine would serve each tier, why, and in what
that engine differs from the contract.

Without a SITE or a site.hcl it checks the machine only. It changes nothing and does
not disturb a running edge. It exits with 1 if there is a problem; warnings do not
count.`,
		Example: `  edgegen doctor
  edgegen doctor --all --json`,
		Args: siteArgument, ValidArgsFunction: completeSite,
		RunE: func(c *cobra.Command, arguments []string) error {
			selection, err := generation.ParseSelection(flags.engine)
			if err != nil {
				return usageError{fmt.Errorf("--engine: %w", err)}
			}
			dir, err := stateDir(flags.stateDir)
			if err != nil {
				return err
			}
			site := siteOf(arguments)
			if _, err := os.Stat(site); len(arguments) == 0 && errors.Is(err, fs.ErrNotExist) {
				site = ""
			}
			report, err := doctor.Examine(c.Context(), doctor.Options{Site: site, Given: flags.given, StateDir: dir, Select: selection, All: flags.all})
			if err != nil {
				return err
			}
			return s.showReport(report, flags.asJSON)
		},
	}
	c.Flags().BoolVar(&flags.asJSON, "json", false, "print the report as JSON")
	c.Flags().BoolVar(&flags.all, "all", false, "show the differences of every engine, not only of those that would serve")
	engineFlag(c, &flags.engine, "suppose that up was given this --engine")
	stateDirFlag(c, &flags.stateDir)
	givenFlags(c, &flags.given)
	return c
}

func (s streams) showReport(report doctor.Report, asJSON bool) error {
	var err error
	if asJSON {
		encoder := json.NewEncoder(s.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		err = printReport(s.out, report, colored(s.out), columns(s.out))
	}
	if err == nil && !report.OK {
		return errFailed
	}
	return err
}

// levelWidth is the length of the longest level.
const levelWidth = len(doctor.LevelWarning)

// printReport writes one line a finding, in columns, and a remedy below the
// line that needs one. Lines are broken to fit the width; 0 breaks none.
func printReport(w io.Writer, report doctor.Report, color bool, width int) error {
	const widest = 24
	subject := 0
	for _, group := range report.Groups {
		for _, line := range group.Lines {
			subject = min(max(subject, len([]rune(line.Subject))), widest)
		}
	}
	indent := 2 + levelWidth + 2 + subject + 2
	gap := "\n" + strings.Repeat(" ", indent)
	fit := func(text string, less int) string {
		return strings.Join(wrap(printable.Text(text), width-indent-less), gap+strings.Repeat(" ", less))
	}
	var out strings.Builder
	for _, group := range report.Groups {
		fmt.Fprintf(&out, "%s\n", tones.Paint(color, tones.Bold, strings.ToUpper(group.Name[:1])+group.Name[1:]))
		for _, line := range group.Lines {
			level := tones.Paint(color, tone(line.Level), fmt.Sprintf("%-*s", levelWidth, line.Level))
			fmt.Fprintf(&out, "  %s  %-*s  %s", level, subject, printable.Text(line.Subject), fit(line.Text, 0))
			if line.Remedy != "" {
				out.WriteString(gap + "= " + fit(line.Remedy, len("= ")))
			}
			out.WriteByte('\n')
		}
		out.WriteByte('\n')
	}
	fmt.Fprintf(&out, "%s\n", verdict(report))
	_, err := io.WriteString(w, out.String())
	return err
}

func verdict(report doctor.Report) string {
	return plural(report.Problems, "problem") + ", " + plural(report.Warnings, "warning")
}

// tone is the colour of a level.
func tone(level doctor.Level) string {
	switch level {
	case doctor.LevelOK:
		return tones.Green
	case doctor.LevelWarning:
		return tones.Warning
	case doctor.LevelProblem:
		return tones.Alarm
	}
	return tones.Dim
}
