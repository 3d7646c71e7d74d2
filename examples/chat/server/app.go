package main

import (
	"embed"
	"encoding/json"
	"html/template"
	"log/slog"
	"net/http"
	"time"
)

// cookieName carries the session. The prefix makes browsers refuse it over
// plain HTTP, from another host, and for a part of the site only.
const cookieName = "__Host-chat"

// contentPolicy allows nothing but the site's own files and its WebSocket.
const contentPolicy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// pageFiles are the pages that depend on who asks. What is the same for
// everybody lies in ../public, and the edge serves it without asking the app.
//
//go:embed pages/*.html
var pageFiles embed.FS

type app struct {
	log          *slog.Logger
	sessions     *sessions
	room         *room
	pages        *template.Template
	pingInterval time.Duration
}

func newApp(log *slog.Logger) *app {
	return &app{
		log:          log,
		sessions:     newSessions(),
		room:         newRoom(),
		pages:        template.Must(template.ParseFS(pageFiles, "pages/*.html")),
		pingInterval: pingInterval,
	}
}

// handler is the whole app.
func (a *app) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.roomPage)
	mux.HandleFunc("GET /room", a.roomPage)
	mux.HandleFunc("GET /login", a.loginPage)
	mux.HandleFunc("POST /login", a.login)
	mux.HandleFunc("POST /logout", a.logout)
	mux.HandleFunc("GET /whoami", a.whoami)
	mux.HandleFunc("GET /ws", a.socket)
	return a.logged(http.NewCrossOriginProtection().Handler(mux))
}

func (a *app) roomPage(w http.ResponseWriter, r *http.Request) {
	name, _, ok := a.session(r)
	if !ok {
		privateHeaders(w)
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	a.page(w, "room.html", http.StatusOK, map[string]any{"Name": name, "MaxText": maxText})
}

func (a *app) loginPage(w http.ResponseWriter, r *http.Request) {
	if _, _, ok := a.session(r); ok {
		privateHeaders(w)
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	a.page(w, "login.html", http.StatusOK, map[string]any{"MaxName": maxName})
}

func (a *app) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "that form cannot be read", http.StatusBadRequest)
		return
	}
	var old string
	if cookie, err := r.Cookie(cookieName); err == nil {
		old = cookie.Value // a new name replaces it
	}
	typed, id := r.PostForm.Get("name"), ""
	name, complaint := cleanName(typed)
	if complaint == "" {
		id, complaint = a.sessions.start(name, old)
	}
	if complaint != "" {
		a.page(w, "login.html", http.StatusUnprocessableEntity,
			map[string]any{"MaxName": maxName, "Name": typed, "Error": complaint})
		return
	}
	a.room.endSession(old)
	privateHeaders(w)
	http.SetCookie(w, sessionCookie(id, 0))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *app) logout(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(cookieName); err == nil {
		a.sessions.end(cookie.Value)
		a.room.endSession(cookie.Value)
	}
	privateHeaders(w)
	http.SetCookie(w, sessionCookie("", -1))
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// whoami shows a visitor what the app learns of the request: the edge at work.
func (a *app) whoami(w http.ResponseWriter, r *http.Request) {
	name, _, _ := a.session(r)
	headers := r.Header.Clone()
	headers.Del("Cookie")
	headers.Del("Authorization")
	privateHeaders(w)
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(map[string]any{
		"name":            name,
		"client":          clientAddress(r),
		"peer":            r.RemoteAddr,
		"host":            r.Host,
		"forwarded_proto": r.Header.Get("X-Forwarded-Proto"),
		"forwarded_host":  r.Header.Get("X-Forwarded-Host"),
		"request_id":      requestID(r),
		"headers":         headers,
	})
	if err != nil {
		a.log.Warn("write whoami", "error", err)
	}
}

// session returns who asks, and the id of the session.
func (a *app) session(r *http.Request) (name, id string, ok bool) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return "", "", false
	}
	name, ok = a.sessions.name(cookie.Value)
	return name, cookie.Value, ok
}

func (a *app) page(w http.ResponseWriter, name string, status int, data map[string]any) {
	privateHeaders(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := a.pages.ExecuteTemplate(w, name, data); err != nil {
		a.log.Warn("write page", "page", name, "error", err)
	}
}

// privateHeaders mark an answer that depends on the session: no cache may keep it.
func privateHeaders(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", contentPolicy)
}

func sessionCookie(id string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName, Value: id, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode,
	}
}
