package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"edgegen/internal/config"
	"edgegen/internal/edgetest"
	"edgegen/internal/explain"
	"edgegen/internal/generation"
	"edgegen/internal/printable"
	"edgegen/internal/tones"
)

type testFlags struct {
	siteFlags
	run, junit                  string
	asJSON, live, stub, verbose bool
}

func newTest(s streams) *cobra.Command {
	var flags testFlags
	c := &cobra.Command{
		Use:   "test [SITE]",
		Short: "Test what happens to requests against expectations",
		Long: `test runs the tests in the files *` + edgetest.Ending + ` beside the site. Each test in them is a
request and what is expected of it. Nothing has to run: the expectations are compared
with what edgegen explain predicts. An expectation about the app's own answer is then
not checked; -v lists these. With --live the requests are sent to the running edge.
With --stub they are sent to an edge that is started for the tests: builtin tiers on
free ports of this machine, in front of an app that answers 200, or what the test's app
block says, and that opens every WebSocket. Then the app's answers are checked too, and
so is what earlier tests have left in the cache. peer works there as well.

    test "a logged-in chat passes the cache" {
      request {
        url     = "https://vzine.us/chat"
        headers = { Cookie = "session=1" }
      }
      expect {
        cache   = "PASS"
        backend = "goliath"
        headers = { Server = null }
      }
    }

request has url, method, headers, peer and protocol (h1, h2 or h3); app has status, headers and body; expect has
` + edgetest.Words(),
		Example: `  edgegen test
  edgegen test --run redirect -v`,
		Args: siteArgument, ValidArgsFunction: completeSite,
		RunE: func(c *cobra.Command, arguments []string) error {
			chosen, err := regexp.Compile(flags.run)
			if err != nil {
				return usageError{fmt.Errorf("--run: %w", err)}
			}
			selection, err := generation.ParseSelection(flags.engine)
			if err != nil {
				return usageError{fmt.Errorf("--engine: %w", err)}
			}
			if flags.live && flags.engine != "" {
				return usageError{errors.New("--live asks the running edge: leave out --engine")}
			}
			if flags.stub && (flags.live || flags.engine != "") {
				return usageError{errors.New("--stub runs an edge of builtin tiers: leave out --live and --engine")}
			}
			if flags.stateDir, err = stateDir(flags.stateDir); err != nil {
				return err
			}
			return s.test(c.Context(), arguments, selection, flags, chosen)
		},
	}
	c.Flags().StringVar(&flags.run, "run", "", "only the tests whose names match this regular expression")
	completeFlag(c, "run", completeTest)
	c.Flags().BoolVar(&flags.live, "live", false, "send the requests to the running edge")
	c.Flags().BoolVar(&flags.stub, "stub", false, "send the requests to an edge started for the tests, in front of a stub app")
	c.Flags().BoolVarP(&flags.verbose, "verbose", "v", false, "show passed tests too")
	c.Flags().BoolVar(&flags.asJSON, "json", false, "print the results as JSON")
	c.Flags().StringVar(&flags.junit, "junit", "", "also write the results to this file, as JUnit XML")
	engineFlag(c, &flags.engine, "suppose that up was given this --engine")
	stateDirFlag(c, &flags.stateDir)
	givenFlags(c, &flags.given)
	return c
}

func (s streams) test(ctx context.Context, arguments []string, selection generation.Selection, flags testFlags, chosen *regexp.Regexp) error {
	path := siteOf(arguments)
	directory := directoryOf(path)
	tests, found := edgetest.Read(directory)
	if found.HasErrors() {
		return s.refusal(&config.Refused{Diagnostics: found}, flags.asJSON)
	}
	if len(tests) == 0 {
		return fmt.Errorf("there is no test in %s: write one into a file such as %s", directory, filepath.Join(directory, "site"+edgetest.Ending))
	}
	if flags.stub { // which is to leave nothing behind
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
	}
	ask, done, err := s.asker(ctx, path, arguments, selection, flags)
	if err != nil {
		return s.refusal(err, flags.asJSON)
	}
	defer done()
	results := []edgetest.Result{}
	for i := range tests {
		if !chosen.MatchString(tests[i].Name) {
			continue
		}
		began := time.Now()
		explanation, err := ask(&tests[i])
		if err != nil {
			return fmt.Errorf("%s:%d: %w", tests[i].File, tests[i].Line, err)
		}
		result := tests[i].Judge(explanation)
		result.Seconds = time.Since(began).Seconds()
		results = append(results, result)
	}
	return s.showResults(results, flags)
}

// asker returns ask, which finds out what becomes of a test's request, and done, which has
// to be called at the end.
func (s streams) asker(ctx context.Context, path string, arguments []string, selection generation.Selection, flags testFlags) (ask func(*edgetest.Test) (*explain.Explanation, error), done func(), err error) {
	done = func() {}
	switch {
	case flags.stub:
		t, err := s.startStub(ctx, path, flags.siteFlags)
		if err != nil {
			return nil, nil, err
		}
		return func(one *edgetest.Test) (*explain.Explanation, error) { return t.ask(ctx, one) }, t.stop, nil
	case flags.live:
		running, err := s.runningEdge(ctx, arguments, flags.siteFlags, nil)
		return func(one *edgetest.Test) (*explain.Explanation, error) { return running.ask(ctx, one.Request) }, done, err
	}
	explainer, _, err := s.explainer(ctx, path, selection, flags.siteFlags, nil)
	return func(one *edgetest.Test) (*explain.Explanation, error) { return explainer.Explain(one.Request), nil }, done, err
}

// showResults fails where a test does.
func (s streams) showResults(results []edgetest.Result, flags testFlags) error {
	failed := 0
	for _, r := range results {
		if !r.OK {
			failed++
		}
	}
	var err error
	if flags.asJSON {
		err = printJSON(s.out, results)
	} else {
		_, err = io.WriteString(s.out, resultsText(results, failed, flags.verbose, colored(s.out)))
	}
	if err == nil && flags.junit != "" {
		err = writeJUnit(flags.junit, results, failed)
	}
	if err == nil && (failed > 0 || len(results) == 0) {
		return errFailed
	}
	return err
}

// resultsText is for people, as go test has it.
func resultsText(results []edgetest.Result, failed int, verbose, color bool) string {
	var out strings.Builder
	for _, r := range results {
		if r.OK && !verbose {
			continue
		}
		head := tones.Paint(color, tones.Green, "--- ok:  ")
		if !r.OK {
			head = tones.Paint(color, tones.Alarm, "--- FAIL:")
		}
		fmt.Fprintf(&out, "%s %s (%s:%d)\n", head, printable.Text(r.Name), printable.Text(r.File), r.Line)
		for _, problem := range r.Problems {
			fmt.Fprintf(&out, "    %s:%d: %s\n", printable.Text(r.File), problem.Line, printable.Text(problem.Text))
		}
		fmt.Fprintf(&out, "    %s\n", printable.Text(r.Answer))
		if r.Doubt != "" {
			fmt.Fprintf(&out, "    %s\n", printable.Text(r.Doubt))
		}
		if len(r.Unknown) > 0 {
			fmt.Fprintf(&out, "    not judged, as the app says it: %s\n", printable.Text(strings.Join(r.Unknown, ", ")))
		}
	}
	switch {
	case len(results) == 0:
		out.WriteString(tones.Paint(color, tones.Alarm, "FAIL") + "    no test is called so\n")
	case failed > 0:
		fmt.Fprintf(&out, "%s    %d of %s\n", tones.Paint(color, tones.Alarm, "FAIL"), failed, plural(len(results), "test"))
	default:
		fmt.Fprintf(&out, "%s      %s\n", tones.Paint(color, tones.Green, "ok"), plural(len(results), "test"))
	}
	return out.String()
}
