package coding

import (
	"sync"
	"sync/atomic"
)

// Forms are a stored body in content codings, each made once: beside the body, for as
// long as that is kept. They may be used from any goroutine.
type Forms struct {
	// Grown is called when there is another form, so that the caller can make room for
	// it; it may be nil. Set it before a form is asked for.
	Grown func()

	mu   sync.Mutex
	made map[string][]byte
	size atomic.Int64
}

// Size is how many bytes the forms take. The nil Forms takes none.
func (f *Forms) Size() int64 {
	if f == nil {
		return 0
	}
	return f.size.Load()
}

// Known returns the form in a coding if it has been made.
func (f *Forms) Known(coding string) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	form, ok := f.made[coding]
	return form, ok
}

// In returns the form in a coding, which encode makes where it is not there yet.
// Others who want one of the same body meanwhile wait for that.
func (f *Forms) In(coding string, encode func() ([]byte, error)) ([]byte, error) {
	form, fresh, err := f.in(coding, encode)
	if fresh && f.Grown != nil {
		f.Grown()
	}
	return form, err
}

func (f *Forms) in(coding string, encode func() ([]byte, error)) (form []byte, fresh bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if form, ok := f.made[coding]; ok {
		return form, false, nil
	}
	if form, err = encode(); err != nil {
		return nil, false, err
	}
	if f.made == nil {
		f.made = map[string][]byte{}
	}
	f.made[coding] = form
	f.size.Add(int64(len(form)))
	return form, true, nil
}
