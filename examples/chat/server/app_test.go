package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func quietApp() *app { return newApp(slog.New(slog.DiscardHandler)) }

// logIn posts the form straight to the app and returns the session's cookie.
func logIn(t *testing.T, chat *app, name string) *http.Cookie {
	t.Helper()
	answer := postForm(chat, "/login", url.Values{"name": {name}}, nil)
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/" {
		t.Fatalf("log in as %q: %s to %q", name, answer.Status, answer.Header.Get("Location"))
	}
	return answer.Cookies()[0]
}

func postForm(chat *app, path string, form url.Values, cookie *http.Cookie) *http.Response {
	request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(chat, request, cookie)
}

func get(chat *app, path string, cookie *http.Cookie) *http.Response {
	return do(chat, httptest.NewRequest(http.MethodGet, path, nil), cookie)
}

func do(chat *app, request *http.Request, cookie *http.Cookie) *http.Response {
	if cookie != nil {
		request.AddCookie(cookie)
	}
	recorder := httptest.NewRecorder()
	chat.handler().ServeHTTP(recorder, request)
	return recorder.Result()
}

func body(t *testing.T, answer *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestLogIn(t *testing.T) {
	chat := quietApp()
	cookie := logIn(t, chat, "  Ada   L. ")
	if !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || len(cookie.Value) < 20 {
		t.Errorf("cookie = %v", cookie)
	}
	for _, path := range []string{"/", "/room"} {
		answer := get(chat, path, cookie)
		if page := body(t, answer); answer.StatusCode != http.StatusOK || !strings.Contains(page, `data-name="Ada L."`) {
			t.Errorf("GET %s with a session: %s\n%s", path, answer.Status, page)
		}
		if answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("GET %s may be cached", path)
		}
		if answer := get(chat, path, nil); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/login" {
			t.Errorf("GET %s without a session: %s to %q", path, answer.Status, answer.Header.Get("Location"))
		}
	}
	if answer := get(chat, "/login", cookie); answer.Header.Get("Location") != "/" {
		t.Errorf("GET /login with a session: %s to %q", answer.Status, answer.Header.Get("Location"))
	}
	if answer := get(chat, "/login", nil); answer.StatusCode != http.StatusOK {
		t.Errorf("GET /login: %s", answer.Status)
	}

	answer := postForm(chat, "/logout", nil, cookie)
	if answer.Header.Get("Location") != "/login" || answer.Cookies()[0].MaxAge >= 0 {
		t.Errorf("POST /logout: %s, %v", answer.Status, answer.Cookies())
	}
	if answer := get(chat, "/", cookie); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("the session works after the log out: %s", answer.Status)
	}
}

func TestLogInRefused(t *testing.T) {
	chat := quietApp()
	logIn(t, chat, "Ada")
	for name, test := range map[string]struct{ typed, complaint string }{
		"empty":         {"", nameMissing},
		"spaces":        {" \t ", nameMissing},
		"too long":      {strings.Repeat("ä", maxName+1), nameLong},
		"markup":        {"<b>", nameLetters},
		"control bytes": {"a\x00b", nameLetters},
		"not UTF-8":     {"a\xff", nameLetters},
		"no letter":     {"-.-", nameLetters},
		"reversed text": {"a\u202eb", nameLetters},
		"taken":         {"aDA", nameTaken},
	} {
		t.Run(name, func(t *testing.T) {
			if typed, complaint := cleanName(test.typed); complaint != "" && complaint != test.complaint {
				t.Errorf("cleanName = %q, %q", typed, complaint)
			}
			answer := postForm(chat, "/login", url.Values{"name": {test.typed}}, nil)
			if answer.StatusCode != http.StatusUnprocessableEntity || len(answer.Cookies()) != 0 {
				t.Errorf("POST /login: %s, %v", answer.Status, answer.Cookies())
			}
			complaint := strings.ReplaceAll(test.complaint, "'", "&#39;")
			if page := body(t, answer); !strings.Contains(page, complaint) || strings.Contains(page, "<b>") {
				t.Errorf("page lacks %q, or is not escaped:\n%s", complaint, page)
			}
		})
	}
}

func TestLogInAgainReplacesTheSession(t *testing.T) {
	chat := quietApp()
	old := logIn(t, chat, "Ada")
	if answer := postForm(chat, "/login", url.Values{"name": {"ada"}}, old); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("log in again: %s", answer.Status)
	}
	if answer := get(chat, "/", old); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("the old session still works: %s", answer.Status)
	}
}

func TestPostFromAnotherSiteIsRefused(t *testing.T) {
	for _, path := range []string{"/login", "/logout"} {
		request := httptest.NewRequest(http.MethodPost, path, nil)
		request.Header.Set("Origin", "https://evil.example")
		if answer := do(quietApp(), request, nil); answer.StatusCode != http.StatusForbidden {
			t.Errorf("POST %s: %s", path, answer.Status)
		}
	}
}

func TestBodyTooLarge(t *testing.T) {
	answer := postForm(quietApp(), "/login", url.Values{"name": {strings.Repeat("a", 8<<10)}}, nil)
	if answer.StatusCode != http.StatusBadRequest {
		t.Errorf("POST /login: %s", answer.Status)
	}
}

func TestSessionEndsWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newSessions()
		id, complaint := store.start("Ada", "")
		if complaint != "" {
			t.Fatal(complaint)
		}
		for range 3 { // each use prolongs it
			time.Sleep(sessionIdle - time.Second)
			if _, ok := store.name(id); !ok {
				t.Fatal("a session in use has ended")
			}
		}
		time.Sleep(sessionIdle + time.Second)
		if _, complaint := store.start("Ada", ""); complaint != "" {
			t.Errorf("the name of an ended session: %s", complaint)
		}
		if _, ok := store.name(id); ok {
			t.Error("an idle session has not ended")
		}
	})
}

func TestWhoami(t *testing.T) {
	const edge, elsewhere = "127.0.0.1:4711", "203.0.113.9:4711"
	headers := http.Header{
		"X-Real-Ip":         {"2001:db8::7"},
		"X-Request-Id":      {"abc"},
		"X-Forwarded-Proto": {"https"},
		"X-Forwarded-Host":  {"vzine.us"},
	}
	for name, test := range map[string]struct {
		peer   string
		real   string
		client string
		id     string
	}{
		"from the edge":                {edge, "2001:db8::7", "2001:db8::7", "abc"},
		"from the edge over IPv6":      {"[::1]:4711", "2001:db8::7", "2001:db8::7", "abc"},
		"over a Unix socket":           {"@", "192.0.2.1", "192.0.2.1", "abc"},
		"IPv4 in IPv6 is IPv4":         {edge, "::ffff:192.0.2.1", "192.0.2.1", "abc"},
		"nothing that parses":          {edge, "1.2.3.4\nforged", "127.0.0.1", "abc"},
		"a Unix socket without header": {"", "", "unix", "abc"},
		"somebody else forges":         {elsewhere, "192.0.2.1", "203.0.113.9", "-"},
	} {
		t.Run(name, func(t *testing.T) {
			request := httptest.NewRequest(http.MethodGet, "/whoami", nil)
			request.Host = "vzine.us"
			request.RemoteAddr = test.peer
			request.Header = headers.Clone()
			request.Header["X-Real-Ip"] = []string{test.real}
			request.Header.Set("Authorization", "Bearer secret")
			chat := quietApp()
			answer := do(chat, request, logIn(t, chat, "Ada"))
			text := body(t, answer)
			var saw struct {
				Name, Client, Host string
				Proto              string `json:"forwarded_proto"`
				ForwardedHost      string `json:"forwarded_host"`
				RequestID          string `json:"request_id"`
			}
			if err := json.Unmarshal([]byte(text), &saw); err != nil {
				t.Fatal(err)
			}
			if saw.Client != test.client || saw.RequestID != test.id {
				t.Errorf("client %q, request id %q; want %q, %q", saw.Client, saw.RequestID, test.client, test.id)
			}
			if saw.Name != "Ada" || saw.Host != "vzine.us" || saw.Proto != "https" || saw.ForwardedHost != "vzine.us" {
				t.Errorf("saw %+v", saw)
			}
			if strings.Contains(text, "secret") || strings.Contains(text, cookieName) {
				t.Errorf("a secret is shown:\n%s", text)
			}
		})
	}
}

func TestAccessLog(t *testing.T) {
	var out strings.Builder
	chat := newApp(slog.New(slog.NewTextHandler(&out, nil)))
	request := httptest.NewRequest(http.MethodGet, "/nowhere", nil)
	request.RemoteAddr = "127.0.0.1:4711"
	request.Header.Set("X-Real-IP", "192.0.2.1")
	request.Header.Set("X-Request-Id", "abc")
	do(chat, request, nil)
	const want = "msg=request method=GET path=/nowhere status=404 client=192.0.2.1 request_id=abc ms="
	if !strings.Contains(out.String(), want) || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("log = %s", out.String())
	}
}
