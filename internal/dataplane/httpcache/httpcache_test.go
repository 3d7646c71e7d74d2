package httpcache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"edgegen/internal/dataplane/wire"
)

var now = time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)

// used are the bytes that entries take.
func used(s *Store) int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.used
}

func header(lines ...string) wire.Header {
	var h wire.Header
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ": ")
		h.Add(name, value)
	}
	return h
}

func TestAssess(t *testing.T) {
	ttl := Policy{TTL: time.Hour, HasTTL: true, Grace: 10 * time.Second, StaleIfError: time.Minute}
	tests := map[string]struct {
		status int
		lines  []string
		policy Policy
		ok     bool
		fresh  time.Duration // lifetime less initial age
		grace  time.Duration
		error  time.Duration
	}{
		"nothing":                     {200, nil, Policy{}, false, 0, 0, 0},
		"only a validator":            {200, []string{"Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT"}, Policy{}, false, 0, 0, 0},
		"ttl":                         {200, nil, ttl, true, time.Hour, 10 * time.Second, time.Minute},
		"ttl and public":              {200, []string{"Cache-Control: public"}, ttl, true, time.Hour, 10 * time.Second, time.Minute},
		"max-age":                     {200, []string{"Cache-Control: max-age=5"}, Policy{}, true, 5 * time.Second, 0, 0},
		"quoted":                      {200, []string{`Cache-Control: max-age="5"`}, Policy{}, true, 5 * time.Second, 0, 0},
		"single quotes":               {200, []string{`Cache-Control: max-age='5'`}, Policy{}, false, 0, 0, 0},
		"negative":                    {200, []string{"Cache-Control: max-age=-5"}, Policy{}, false, 0, 0, 0},
		"fraction":                    {200, []string{"Cache-Control: max-age=5.5"}, Policy{}, false, 0, 0, 0},
		"no number":                   {200, []string{"Cache-Control: max-age"}, Policy{}, false, 0, 0, 0},
		"huge":                        {200, []string{"Cache-Control: max-age=99999999999999999999999"}, Policy{}, true, maxDelta * time.Second, 0, 0},
		"leading zeros":               {200, []string{"Cache-Control: max-age=005"}, Policy{}, true, 5 * time.Second, 0, 0},
		"in another's quotes":         {200, []string{`Cache-Control: x="a, max-age=5"`}, Policy{}, false, 0, 0, 0},
		"two lines":                   {200, []string{"Cache-Control: foo", "Cache-Control: MAX-AGE=5"}, Policy{}, true, 5 * time.Second, 0, 0},
		"twice, the first":            {200, []string{"Cache-Control: max-age=5, max-age=50"}, Policy{}, true, 5 * time.Second, 0, 0},
		"s-maxage first":              {200, []string{"Cache-Control: max-age=5, s-maxage=7"}, Policy{}, true, 7 * time.Second, 0, 0},
		"Expires":                     {200, []string{"Date: Tue, 02 Jan 2024 03:04:05 GMT", "Expires: Tue, 02 Jan 2024 03:05:05 GMT"}, Policy{}, true, time.Minute, 0, 0},
		"Expires 0":                   {200, []string{"Expires: 0"}, ttl, false, 0, 0, 0},
		"never fresh, own word":       {200, []string{"Cache-Control: max-age=0, stale-if-error=9"}, ttl, true, 0, 0, 9 * time.Second},
		"max-age before Expires":      {200, []string{"Cache-Control: max-age=5", "Expires: 0"}, Policy{}, true, 5 * time.Second, 0, 0},
		"Age":                         {200, []string{"Cache-Control: max-age=5", "Age: 3"}, Policy{}, true, 2 * time.Second, 0, 0},
		"Age, a ttl counts from now":  {200, []string{"Age: 30"}, ttl, true, time.Hour, 10 * time.Second, time.Minute},
		"Age, nonsense":               {200, []string{"Cache-Control: max-age=5", "Age: x"}, Policy{}, false, 0, 0, 0},
		"Age, nonsense and a ttl":     {200, []string{"Age: x"}, Policy{TTL: time.Hour, HasTTL: true}, false, 0, 0, 0},
		"Age, nonsense and a tag":     {200, []string{"Cache-Control: max-age=5", "Age: x", `ETag: "a"`}, Policy{}, true, 0, 0, 0},
		"Age, negative":               {200, []string{"Cache-Control: max-age=5", "Age: -7200"}, Policy{}, false, 0, 0, 0},
		"Age, fraction":               {200, []string{"Cache-Control: max-age=5", "Age: 1.0"}, Policy{}, false, 0, 0, 0},
		"Age, list":                   {200, []string{"Cache-Control: max-age=5", "Age: 0, 2"}, Policy{}, false, 0, 0, 0},
		"Age, parameter":              {200, []string{"Cache-Control: max-age=5", "Age: 2;a"}, Policy{}, false, 0, 0, 0},
		"Age, empty":                  {200, []string{"Cache-Control: max-age=5", "Age: "}, Policy{}, false, 0, 0, 0},
		"Age, two lines":              {200, []string{"Cache-Control: max-age=5", "Age: 2", "Age: 2"}, Policy{}, false, 0, 0, 0},
		"Age, huge":                   {200, []string{"Cache-Control: max-age=5", "Age: 99999999999999999999"}, Policy{}, false, 0, 0, 0},
		"old Date":                    {200, []string{"Cache-Control: max-age=5", "Date: Tue, 02 Jan 2024 03:04:03 GMT"}, Policy{}, true, 3 * time.Second, 0, 0},
		"Date to come":                {200, []string{"Cache-Control: max-age=5", "Date: Tue, 02 Jan 2024 03:05:03 GMT"}, Policy{}, true, 5 * time.Second, 0, 0},
		"no-store":                    {200, []string{"Cache-Control: No-Store, max-age=5"}, ttl, false, 0, 0, 0},
		"private with fields":         {200, []string{`Cache-Control: private="a", max-age=5`}, ttl, false, 0, 0, 0},
		"no-cache, useless":           {200, []string{"Cache-Control: no-cache, max-age=5"}, ttl, false, 0, 0, 0},
		"no-cache with a tag":         {200, []string{"Cache-Control: no-cache", `ETag: "a"`}, ttl, true, 0, 0, 0},
		"Set-Cookie":                  {200, []string{"Cache-Control: max-age=5", "Set-Cookie: a"}, ttl, false, 0, 0, 0},
		"Vary *":                      {200, []string{"Cache-Control: max-age=5", "Vary: A, *"}, ttl, false, 0, 0, 0},
		"206":                         {206, []string{"Cache-Control: max-age=5"}, ttl, false, 0, 0, 0},
		"heuristic":                   {200, []string{"Date: Tue, 02 Jan 2024 03:04:05 GMT", "Last-Modified: Tue, 02 Jan 2024 03:04:00 GMT"}, Policy{Heuristic: true}, true, 500 * time.Millisecond, 0, 0},
		"heuristic, at most a day":    {200, []string{"Last-Modified: Mon, 02 Jan 2012 03:04:00 GMT"}, Policy{Heuristic: true}, true, 24 * time.Hour, 0, 0},
		"heuristic, a ttl goes first": {200, []string{"Last-Modified: Mon, 02 Jan 2012 03:04:00 GMT"}, Policy{Heuristic: true, HasTTL: true, TTL: time.Hour}, true, time.Hour, 0, 0},
		"heuristic, not of a 302":     {302, []string{"Last-Modified: Mon, 02 Jan 2012 03:04:00 GMT"}, Policy{Heuristic: true}, false, 0, 0, 0},
		"heuristic, public":           {302, []string{"Cache-Control: public", "Last-Modified: Mon, 02 Jan 2012 03:04:00 GMT"}, Policy{Heuristic: true}, true, 24 * time.Hour, 0, 0},
		"500":                         {500, []string{"Cache-Control: max-age=5"}, Policy{}, false, 0, 0, 0},
		"500 on a route with a ttl":   {500, []string{"Cache-Control: max-age=5"}, Policy{TTL: 9, HasTTL: true}, true, 5 * time.Second, 0, 0},
		"500 by a ttl alone":          {500, nil, ttl, false, 0, 0, 0},
		"403":                         {403, []string{"Expires: Tue, 02 Jan 2024 03:05:05 GMT"}, Policy{}, false, 0, 0, 0},
		"401 on a route with a ttl":   {401, []string{"Cache-Control: max-age=5"}, Policy{TTL: 9, HasTTL: true}, true, 5 * time.Second, 0, 0},
		"429 is nobody else's":        {429, []string{"Cache-Control: max-age=5"}, ttl, false, 0, 0, 0},
		"201":                         {201, []string{"Cache-Control: max-age=5"}, Policy{}, true, 5 * time.Second, 0, 0},
		"unknown status":              {299, []string{"Cache-Control: max-age=5"}, Policy{}, true, 5 * time.Second, 0, 0},
		"must-understand, unknown":    {299, []string{"Cache-Control: max-age=5, must-understand"}, Policy{}, false, 0, 0, 0},
		"must-understand, known":      {200, []string{"Cache-Control: max-age=5, must-understand, no-store"}, Policy{}, true, 5 * time.Second, 0, 0},
		"stale directives":            {200, []string{"Cache-Control: max-age=5, stale-while-revalidate=3, stale-if-error=4"}, ttl, true, 5 * time.Second, 3 * time.Second, 4 * time.Second},
		"must-revalidate":             {200, []string{"Cache-Control: max-age=5, must-revalidate, stale-if-error=4"}, ttl, true, 5 * time.Second, 0, 0},
		"s-maxage forbids by itself":  {200, []string{"Cache-Control: s-maxage=5"}, ttl, true, 5 * time.Second, 0, 0},
		"s-maxage, own word":          {200, []string{"Cache-Control: s-maxage=5, stale-while-revalidate=3"}, ttl, true, 5 * time.Second, 3 * time.Second, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f, ok := Assess(Exchange{Method: "GET", Asked: now, Came: now, Status: test.status, Header: header(test.lines...)}, test.policy)
			if ok != test.ok || ok && (f.Lifetime-f.InitialAge != test.fresh || f.Grace != test.grace || f.IfError != test.error) {
				t.Errorf("got %v %+v", ok, f)
			}
		})
	}
}

func entry(size int, lines ...string) *Entry {
	return NewEntry(200, header(lines...), nil, Freshness{Received: now, Lifetime: time.Hour}, NewMemory(make([]byte, size)))
}

func TestStoreBound(t *testing.T) {
	s := NewStore(1 << 20)
	if s.Put("huge", entry(1<<19)) {
		t.Error("an object of half the store is taken")
	}
	s.Put("hot", entry(1000))
	for i := range 500 {
		s.Lookup("hot", nil, now)
		s.Put(fmt.Sprint("k", i), entry(10000))
		if used(s) > 1<<20 {
			t.Fatalf("%d bytes used", used(s))
		}
	}
	if s.Lookup("hot", nil, now).Entry == nil {
		t.Error("what is in use was driven out by a scan")
	}
	if s.Lookup("k1", nil, now).Entry != nil {
		t.Error("the oldest is still there")
	}
	for i := range 100000 {
		s.MarkPass(fmt.Sprint("m", i), now)
	}
	if used(s) > 1<<20 {
		t.Errorf("marks: %d bytes used", used(s))
	}
}

func TestStoreVariants(t *testing.T) {
	s := NewStore(1 << 20)
	for i := range 100 {
		e := NewEntry(200, header("Vary: A"), header(fmt.Sprint("A: ", i)), Freshness{Received: now}, NewMemory(nil))
		s.Put("k", e)
	}
	if s.Lookup("k", header("A: 99"), now).Entry == nil || s.Lookup("k", header("A: 1"), now).Entry != nil {
		t.Error("variants are not bounded, or the newest is not there")
	}
	s.Invalidate("k")
	if found := s.Lookup("k", header("A: 99"), now); found.Entry != nil || used(s) != 0 {
		t.Errorf("%+v, %d used", found, used(s))
	}
}

func TestUpdated(t *testing.T) {
	old := entry(3, `ETag: "a"`, "X: 1", "Y: 2", "Content-Type: text/plain")
	x := Exchange{Asked: now, Came: now, Status: 304, Header: header(`ETag: "a"`, "X: 9", "Content-Type: x/y", "Content-Length: 7", "Cache-Control: max-age=5")}
	updated, ok := old.Updated(x, Policy{})
	if !ok || updated.Header.Get("X") != "9" || updated.Header.Get("Y") != "2" || updated.Header.Get("Content-Type") != "x/y" ||
		updated.Header.Has("Content-Length") || updated.Freshness.Lifetime != 5*time.Second || old.Header.Get("X") != "1" {
		t.Errorf("%v %+v", ok, updated)
	}
	x.Header.Add("Set-Cookie", "a=b")
	if _, ok := old.Updated(x, Policy{}); ok {
		t.Error("kept with a cookie")
	}
	x.Header = header(`ETag: "b"`)
	if _, ok := old.Updated(x, Policy{HasTTL: true, TTL: time.Hour}); ok {
		t.Error("updated by a 304 of another")
	}
}

// slow hands out parts when it is told to.
type slow struct{ parts chan string }

func (s slow) Read(p []byte) (int, error) {
	part, ok := <-s.parts
	if !ok {
		return 0, io.EOF
	}
	return copy(p, part), nil
}

func TestSpool(t *testing.T) {
	spool := NewSpool(NewStore(1<<20), func() {})
	var content Memory
	var kept atomic.Bool
	spool.Whole = func(c Memory, store bool) { content = c; kept.Store(store) }
	body := slow{make(chan string)}
	var readers sync.WaitGroup
	for range 3 {
		r, _ := spool.Reader(context.Background())
		readers.Go(func() {
			defer r.Close()
			if all, err := io.ReadAll(r); string(all) != "onetwo" || err != nil {
				t.Errorf("%q %v", all, err)
			}
			if !kept.Load() {
				t.Error("a reader hears of the end before it is stored")
			}
		})
	}
	done := make(chan error)
	go func() { done <- spool.Fill(body, -1) }()
	body.parts <- "one"
	late, ok := spool.Reader(context.Background())
	if !ok {
		t.Fatal("a late reader gets nothing")
	}
	body.parts <- "two"
	close(body.parts)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	readers.Wait()
	if all, _ := io.ReadAll(late); string(all) != "onetwo" {
		t.Errorf("%q", all)
	}
	late.Close()
	if content.Len() != 6 {
		t.Errorf("%d bytes are kept", content.Len())
	}
}

func TestSpoolTooLarge(t *testing.T) {
	store := NewStore(1 << 20) // 128 KiB an object
	ctx, stop := context.WithCancel(context.Background())
	spool := NewSpool(store, stop)
	spool.Whole = func(_ Memory, store bool) {
		if store {
			t.Error("kept whole")
		}
	}
	r, _ := spool.Reader(context.Background())
	done := make(chan error)
	go func() { done <- spool.Fill(io.LimitReader(zeros{ctx}, 8<<20), -1) }()
	if n, err := io.Copy(io.Discard, r); n != 8<<20 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if store.pending != 0 {
		t.Errorf("%d bytes pending", store.pending)
	}
	r.Close()

	spool = NewSpool(store, stop)
	r, _ = spool.Reader(context.Background())
	go func() { done <- spool.Fill(zeros{ctx}, -1) }()
	_, _ = io.CopyN(io.Discard, r, 1<<20)
	r.Close() // nobody is left
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("goes on: %v", err)
	}
}

// zeros never ends, unless ctx does.
type zeros struct{ ctx context.Context }

func (z zeros) Read(p []byte) (int, error) { return len(p), z.ctx.Err() }

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.bin")
	const size = 4 << 20
	s, err := OpenFile(path, size)
	if err != nil {
		t.Fatal(err)
	}
	put := func(key, text string, lines ...string) {
		e := NewEntry(200, header(lines...), nil, Freshness{Received: now, Lifetime: time.Hour}, NewMemory([]byte(text)))
		if !s.Put(key, e) {
			t.Fatalf("put %s", key)
		}
	}
	text := func(key string) string {
		e := s.Lookup(key, nil, now).Entry
		if e == nil {
			return "none"
		}
		r, err := e.Body.Open(0, e.Body.Len())
		if err != nil {
			return err.Error()
		}
		defer r.Close()
		all, _ := io.ReadAll(r)
		return string(all)
	}
	put("a", "first")
	put("a", "second", "X: \xff")
	put("gone", "x")
	s.Invalidate("gone")
	check := func(key, want string) {
		t.Helper()
		if got := text(key); got != want {
			t.Errorf("%s: got %.40q, want %.40q", key, got, want)
		}
	}
	reopen := func() {
		t.Helper()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err = OpenFile(path, size); err != nil {
			t.Fatal(err)
		}
	}
	check("a", "second")
	reopen()
	check("a", "second")
	check("gone", "none")
	if got := s.Lookup("a", nil, now).Entry.Header.Get("X"); got != "\xff" {
		t.Errorf("X: %q", got)
	}
	for i := range 200 { // several times round
		put(fmt.Sprint("k", i), strings.Repeat("x", 100000))
	}
	check("a", "none")
	check("k199", strings.Repeat("x", 100000))
	pinned := s.Lookup("k198", nil, now).Entry
	r, err := pinned.Body.Open(0, pinned.Body.Len())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		put(fmt.Sprint("l", i), strings.Repeat("y", 100000))
	}
	if all, _ := io.ReadAll(r); string(all) != strings.Repeat("x", 100000) {
		t.Error("a body was overwritten under its reader")
	}
	r.Close()
	reopen()
	check("l199", strings.Repeat("y", 100000))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	damage(t, path)
	if s, err = OpenFile(path, size); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if got := text(fmt.Sprint("l", i)); got != "none" && got != strings.Repeat("y", 100000) && !strings.Contains(got, "damaged") {
			t.Errorf("damaged body served: %.40q", got)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// damage flips a byte in every 50,000.
// A closed file lets those finish who read, and gives nothing to others.
func TestFileCloseWhileRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache")
	s, err := OpenFile(path, 4<<20)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Put("key", entry(10, "Cache-Control: max-age=60")) {
		t.Fatal("not stored")
	}
	found := s.Lookup("key", nil, time.Now()).Entry
	body, err := found.Body.Open(0, 10)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(body); len(text) != 10 || err != nil {
		t.Errorf("%q %v", text, err)
	}
	if _, err := found.Body.Open(0, 10); err == nil || s.Put("other", entry(10, "Cache-Control: max-age=60")) {
		t.Error("a closed store goes on")
	}
	if _, err := OpenFile(path, 4<<20); err == nil {
		t.Error("the file is free while it is read")
	}
	body.Close()
	again, err := OpenFile(path, 4<<20)
	if err != nil {
		t.Fatal(err)
	}
	if again.Lookup("key", nil, time.Now()).Entry == nil {
		t.Error("what was stored is lost")
	}
	again.Close()
}

func TestSetSize(t *testing.T) {
	s := NewStore(1 << 20)
	for i := range 8 {
		s.Put(fmt.Sprint(i), entry(10<<10, "Cache-Control: max-age=60"))
	}
	s.SetSize(80 << 10)
	if n := used(s); n > 80<<10 || n < 40<<10 {
		t.Errorf("%d bytes used", n)
	}
	if s.MaxObject() != 10<<10 {
		t.Errorf("largest object: %d", s.MaxObject())
	}
}

func damage(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := fileHead + 25000; i < len(data); i += 50000 {
		data[i] ^= 0x55
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func FuzzControl(f *testing.F) {
	for _, seed := range []string{"max-age=5", `max-age="5", private="a, b"`, "s-maxage=99999999999999999999", "no-store,,no-cache", `x="\"`, "stale-if-error=-1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		c := ParseControl(wire.Header{{Name: "Cache-Control", Value: value}})
		for _, d := range []time.Duration{c.MaxAge, c.SharedMaxAge, c.StaleIfError, c.StaleWhileRevalidate} {
			if d < absent || d > maxDelta*time.Second {
				t.Fatalf("%q: %s", value, d)
			}
		}
		if c.NoStore && !bytes.Contains(bytes.ToLower([]byte(value)), []byte("no-store")) {
			t.Fatalf("%q: no-store", value)
		}
	})
}

func FuzzFileScan(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "cache.bin")
	s, err := OpenFile(path, 2<<20)
	if err != nil {
		f.Fatal(err)
	}
	s.Put("a", entry(100, "X: y"))
	s.Put("b", entry(100))
	if err := s.Close(); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good[fileHead : fileHead+1000])
	f.Fuzz(func(t *testing.T, segment []byte) {
		broken := append([]byte(nil), good...)
		copy(broken[fileHead:], segment[:min(len(segment), 1<<17)])
		path := filepath.Join(t.TempDir(), "cache.bin")
		if err := os.WriteFile(path, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := OpenFile(path, 2<<20)
		if err != nil {
			return
		}
		defer s.Close()
		for _, key := range []string{"a", "b"} {
			if e := s.Lookup(key, nil, now).Entry; e != nil {
				if r, err := e.Body.Open(0, e.Body.Len()); err == nil {
					r.Close()
				}
			}
		}
	})
}
