package htpasswd

import (
	"crypto/subtle"
	"regexp"
	"strconv"
	"strings"

	"github.com/GehirnInc/crypt"
	"github.com/GehirnInc/crypt/apr1_crypt"
	"github.com/GehirnInc/crypt/sha256_crypt"
	"github.com/GehirnInc/crypt/sha512_crypt"
	"golang.org/x/crypto/bcrypt"
)

// Hash is a hashed password. The zero value is nobody's.
type Hash struct{ hash }

type hash struct {
	kind  kind
	text  string
	costs int // rounds, or the logarithm of them
}

type kind int

const (
	none kind = iota
	byBlowfish
	bySHA512
	bySHA256
	byMD5
)

// form is what a kind looks like; the first group is how often is hashed.
type form struct {
	kind kind
	form *regexp.Regexp
}

// forms are made for each file: most starts of edgegen read none.
func forms() []form {
	return []form{
		{byBlowfish, regexp.MustCompile(`^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}$`)},
		{bySHA512, regexp.MustCompile(`^\$6\$(?:rounds=([0-9]{1,9})\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}$`)},
		{bySHA256, regexp.MustCompile(`^\$5\$(?:rounds=([0-9]{1,9})\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43}$`)},
		{byMD5, regexp.MustCompile(`^\$apr1\$()[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}$`)},
	}
}

func parseHash(text string, as []form) (hash, bool) {
	for _, one := range as {
		if found := one.form.FindStringSubmatch(text); found != nil {
			costs, _ := strconv.Atoi(found[1]) // 0 for as often as is usual
			return hash{one.kind, text, costs}, true
		}
	}
	return hash{}, false
}

// most reports a hash that takes too long to compare with.
func (h hash) most() bool {
	if h.kind == byBlowfish {
		return h.costs < bcrypt.MinCost || h.costs > 14
	}
	return h.costs > 500_000
}

// longest is how many bytes of a password are looked at: some ways of hashing take
// time with its square.
const longest = 256

// Is reports whether the password is the one that was hashed. It takes from half a
// millisecond to a second, and as long for any password.
func (h Hash) Is(password string) bool {
	if len(password) > longest {
		return false
	}
	var with crypt.Crypter
	switch h.kind {
	case none:
		return false
	case byBlowfish:
		return bcrypt.CompareHashAndPassword([]byte(h.text), []byte(password)) == nil
	case bySHA512:
		with = sha512_crypt.New()
	case bySHA256:
		with = sha256_crypt.New()
	case byMD5:
		with = apr1_crypt.New()
	}
	// Not the package's own Verify: beside a number of rounds it takes the hash for more of
	// a salt that is shorter than 16 letters.
	made, err := with.Generate([]byte(password), []byte(h.text[:strings.LastIndexByte(h.text, '$')]))
	return err == nil && subtle.ConstantTimeCompare([]byte(made), []byte(h.text)) == 1
}

// String is what stands in the file.
func (h Hash) String() string { return h.text }
