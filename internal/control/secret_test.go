package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/site"
)

// L3: no log, status or plan shows a sensitive value.
func TestL3SecretsAreHidden(t *testing.T) {
	var s secrets
	var out bytes.Buffer
	log := slog.New(hidingHandler{slog.NewTextHandler(&out, nil), &s})
	early := log.With("a", "hunter2")
	if s.hide("hunter2") != "hunter2" {
		t.Error("what is not known is hidden")
	}
	s.learn(&site.Edge{})
	s.learn(&site.Edge{Secrets: []string{"hunter2", `a"b\`}})
	s.learn(&site.Edge{Secrets: []string{"hunter2 and more", "pid"}})
	log.With("b", "hunter2").WithGroup("g").Warn("x hunter2 y", "error", errors.New("of hunter2 and more"), "n", 5)
	early.Info("later", "c", []string{`a"b\`}, "pid", 7)
	if got := out.String(); strings.Contains(strings.ReplaceAll(got, "a=hunter2", ""), "hunter2") || strings.Contains(got, "more") || strings.Contains(got, `b\`) || !strings.Contains(got, "g.n=5") || !strings.Contains(got, "pid=7") {
		t.Errorf("%s", got)
	}
	text, err := json.Marshal(map[string]any{"pid": 5, "servers": []string{"hunter2:80", `"a"b\`, "", "\\"}, "error": "é hunter2 and more"})
	if err != nil {
		t.Fatal(err)
	}
	var shown struct {
		PID     int `json:"pid"`
		Servers []string
		Error   string
	}
	if err := json.Unmarshal(s.hideJSON(text), &shown); err != nil {
		t.Fatalf("%v: %s", err, s.hideJSON(text))
	}
	const hidden = site.Hidden
	if shown.PID != 5 || strings.Join(shown.Servers, "|") != hidden+":80|\""+hidden+"||\\" || shown.Error != "é "+hidden {
		t.Errorf("%+v", shown)
	}
	refused := &config.Refused{}
	if !errors.Is(s.hideError(refused), refused) || s.hideError(nil) != nil || s.hideError(errors.New("is hunter2")).Error() != "is "+hidden {
		t.Error("errors")
	}
}
