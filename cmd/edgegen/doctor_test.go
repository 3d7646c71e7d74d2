package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgegen/internal/doctor"
)

func TestPrintReport(t *testing.T) {
	report := doctor.Report{Problems: 1, Groups: []doctor.Group{
		{Name: "engines", Lines: []doctor.Line{
			{Level: doctor.LevelOK, Subject: "tls", Text: "stunnel"},
			{Level: doctor.LevelProblem, Subject: "cache", Text: "a compiler that \x1b[2Jis missing", Remedy: "install the compiler for VCL"},
		}},
		{Name: "user", Lines: []doctor.Line{{Level: doctor.LevelNote, Subject: "apps", Text: "root"}}},
	}}
	tests := []struct {
		name  string
		color bool
		width int
		want  string
	}{
		{"plain", false, 0, `Engines
  ok       tls    stunnel
  problem  cache  a compiler that �[2Jis missing
                  = install the compiler for VCL

User
  note     apps   root

1 problem, no warning
`},
		{"narrow", false, 40, `Engines
  ok       tls    stunnel
  problem  cache  a compiler that �[2Jis
                  missing
                  = install the compiler
                    for VCL

User
  note     apps   root

1 problem, no warning
`},
		{"too narrow to break lines", false, 30, `Engines
  ok       tls    stunnel
  problem  cache  a compiler that �[2Jis missing
                  = install the compiler for VCL

User
  note     apps   root

1 problem, no warning
`},
		{"colour", true, 0, `<1mEngines<0m
  <32mok     <0m  tls    stunnel
  <1;31mproblem<0m  cache  a compiler that �[2Jis missing
                  = install the compiler for VCL

<1mUser<0m
  <2mnote   <0m  apps   root

1 problem, no warning
`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			if err := printReport(&out, report, test.color, test.width); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, strings.ReplaceAll(out.String(), "\x1b[", "<")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
