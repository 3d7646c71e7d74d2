package main

import (
	"crypto/rand"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	sessionIdle = 2 * time.Hour // a session that nobody used for so long has ended
	maxSessions = 10_000
	maxName     = 24 // characters
)

// What a person who cannot log in is told.
const (
	nameTaken   = "Somebody else has that name already."
	nameMissing = "Please enter a name."
	nameLong    = "A name has at most 24 characters."
	nameLetters = "A name is made of letters, digits, spaces and - _ . ' only."
	chatFull    = "The chat is full. Please try again later."
)

// sessions remembers who is logged in, in memory only. It is safe for
// concurrent use.
type sessions struct {
	mu   sync.Mutex
	byID map[string]*session
}

type session struct {
	name string
	seen time.Time
}

func newSessions() *sessions { return &sessions{byID: map[string]*session{}} }

// start begins a session in place of the one named by old, if there is one.
// It returns an id that nobody can guess, or else a complaint for the person
// who logs in; old stays then.
func (s *sessions) start(name, old string) (id, complaint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, other := range s.byID {
		if time.Since(other.seen) > sessionIdle {
			delete(s.byID, id)
		} else if id != old && strings.EqualFold(other.name, name) {
			return "", nameTaken
		}
	}
	if len(s.byID) >= maxSessions {
		return "", chatFull
	}
	delete(s.byID, old)
	id = rand.Text()
	s.byID[id] = &session{name: name, seen: time.Now()}
	return id, ""
}

// name returns who the session is, and counts as a use of it.
func (s *sessions) name(id string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.byID[id]
	if !ok {
		return "", false
	}
	if time.Since(found.seen) > sessionIdle {
		delete(s.byID, id)
		return "", false
	}
	found.seen = time.Now()
	return found.name, true
}

func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, id)
}

// cleanName returns the name as it is shown, with no space around it and
// single spaces within, or else a complaint for the person who typed it.
func cleanName(typed string) (name, complaint string) {
	if !utf8.ValidString(typed) {
		return "", nameLetters
	}
	name = strings.Join(strings.Fields(typed), " ")
	if name == "" {
		return "", nameMissing
	}
	if utf8.RuneCountInString(name) > maxName {
		return "", nameLong
	}
	readable := false
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			readable = true
		} else if !unicode.IsMark(r) && !strings.ContainsRune(" -_.'", r) {
			return "", nameLetters
		}
	}
	if !readable {
		return "", nameLetters
	}
	return name, ""
}
