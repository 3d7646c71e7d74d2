package site

import (
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"fmt"
	"hash"
	"reflect"
	"strconv"
)

// Meaning is a name of a model: the same for two files that mean the same, wherever their
// lines stand, and another one for any other.
func (e *Edge) Meaning() string { return meaningOf(e) }

// Meaning is such a name of a backend.
func (b *Backend) Meaning() string { return meaningOf(b) }

// Meaning is such a name; "" for nil.
func (t *Trace) Meaning() string {
	if t == nil {
		return ""
	}
	return meaningOf(t)
}

func meaningOf(said any) string {
	sum := sha256.New()
	say(sum, reflect.ValueOf(said))
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

// say writes a value so that no two values are written alike, and leaves out
// every Source.
func say(to hash.Hash, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if text, ok := v.Interface().(encoding.TextMarshaler); ok {
			written, err := text.MarshalText() // an address or a prefix, which does not fail
			fmt.Fprintf(to, "%q %v;", written, err)
			return
		}
		if v.Type() == reflect.TypeFor[Source]() {
			return
		}
		for i := range v.NumField() {
			say(to, v.Field(i))
		}
	case reflect.Slice:
		fmt.Fprintf(to, "[%d]", v.Len())
		for i := range v.Len() {
			say(to, v.Index(i))
		}
	case reflect.Pointer:
		if v.IsNil() {
			fmt.Fprint(to, "nil;")
			return
		}
		say(to, v.Elem())
	default:
		if v.Type() == reflect.TypeFor[string]() { // as nearly all are: this is what the line below writes
			to.Write(append(strconv.AppendQuote(nil, v.String()), ';'))
			return
		}
		fmt.Fprintf(to, "%q;", fmt.Sprint(v.Interface()))
	}
}
