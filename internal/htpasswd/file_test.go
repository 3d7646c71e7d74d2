package htpasswd

import (
	"fmt"
	"strings"
	"testing"
)

// The hashes of "secret", as htpasswd and openssl write them.
const (
	blowfish = "$2a$04$qJCMzyGz6jVNnMMmgllJtOg6TwU80A6TeMhiVkCRJpYWPRMewvqo2"
	long     = "$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG."
	short    = "$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM."
	md5      = "$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/"
	longOf   = "$6$rounds=1000$abcdefgh$nhYjN017qxiYztzyUpZtPnUQcnLy62KsunSLHNeLahp2EHPlAKmFFlrjEwSXGo2kgY5hR2.peKEg2VGUqIJJu1"
	longSalt = "$6$rounds=1000$abcdefghijklmnop$/ySzNKkDy6wawo9hTH6WxjPbiNMjvDjUNjja1ca1Iw8M6hvIP5521AJRYCq2LKFri/5fZ6KSUYfs/3ZzFVhh./"
	shortOf  = "$5$rounds=1000$abcdefgh$XIppta5rT8zJUu4vAOKQXrwq9uY4Ijlz6VjyOmkx5i4"
)

// TestA5Hashes holds that each kind of hash is read, and lets one password in.
func TestA5Hashes(t *testing.T) {
	for name, text := range map[string]string{"bcrypt": blowfish, "bcrypt by htpasswd": strings.Replace(blowfish, "$2a$", "$2y$", 1),
		"SHA-512": long, "SHA-256": short, "MD5": md5,
		"SHA-512 of some rounds": longOf, "SHA-512 of some rounds and a long salt": longSalt, "SHA-256 of some rounds": shortOf} {
		t.Run(name, func(t *testing.T) {
			f, problems := Parse([]byte("alice:" + text + ":staff\r\n"))
			for _, p := range problems {
				if !p.Weak || name != "MD5" {
					t.Fatal(p)
				}
			}
			hash, known := f.Hash("alice")
			if !known || !hash.Is("secret") {
				t.Error("the password is not let in")
			}
			for _, wrong := range []string{"", "Secret", "secret ", "secret\x00", text, strings.Repeat("secret", 1000)} {
				if hash.Is(wrong) {
					t.Errorf("%.20q is let in", wrong)
				}
			}
		})
	}
}

// TestA5Nobody holds that the password of a user who is none is compared with a hash of
// the file, the same each time, and lets nobody in.
func TestA5Nobody(t *testing.T) {
	f, _ := Parse([]byte("alice:" + long + "\nbob:" + md5 + "\n"))
	seen := map[string]int{}
	for i := range 100 {
		name := fmt.Sprint("nobody", i)
		first, known := f.Hash(name)
		if again, _ := f.Hash(name); known || first != again || first.String() == "" {
			t.Fatalf("%s: known %t, %q and %q", name, known, first, again)
		}
		seen[first.String()]++
	}
	if len(seen) != 2 {
		t.Errorf("all are compared with one hash: %v", seen)
	}
	if empty, known := (&File{}).Hash("alice"); known || empty.Is("secret") || empty.Is("") {
		t.Error("a file without users lets somebody in")
	}
}

// TestParseRefuses holds what is said of lines that are none.
func TestParseRefuses(t *testing.T) {
	for _, test := range []struct{ line, what string }{
		{"alice", "this is no user"},
		{":" + long, "this is no user"},
		{"al\x01ice:" + long, "this is no user"},
		{"alice:secret", "hashed in no way"},
		{"alice:", "hashed in no way"},
		{"alice:rqXexS6ZhobKA", "hashed in no way"},
		{"alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "hashed in no way"},
		{"alice:$1$abcdefgh$MLrIZ0xnkPUxSgJmFXTqS/", "hashed in no way"},
		{"alice:" + strings.Replace(blowfish, "$04$", "$31$", 1), "hashed so often"},
		{"alice:" + strings.Replace(long, "$6$", "$6$rounds=999999999$", 1), "hashed so often"},
		{"alice:" + long[:len(long)-1], "hashed in no way"},
		{"bob:" + long, "there twice"},
	} {
		f, problems := Parse([]byte("# users\n\nbob:" + long + "\n" + test.line + "\ncarol:" + long + "\n"))
		if len(problems) != 1 || problems[0].Line != 4 || !strings.Contains(problems[0].What, test.what) || problems[0].Remedy == "" {
			t.Errorf("%q: %v", test.line, problems)
		}
		if strings.Contains(fmt.Sprint(problems), "$") && !strings.Contains(fmt.Sprint(problems), "$2y$") {
			t.Errorf("%q: a hash is shown: %v", test.line, problems)
		}
		if _, known := f.Hash("carol"); !known {
			t.Errorf("%q: the lines behind it do not count", test.line)
		}
	}
}

// FuzzParse holds that no file ends the process, and that no line of it lets in who
// has no password.
func FuzzParse(f *testing.F) {
	f.Add([]byte("alice:" + long + "\nbob:" + md5 + "\r\n#\n:\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, problems := Parse(data)
		for _, p := range problems {
			if p.Line < 1 || p.What == "" {
				t.Errorf("%+v", p)
			}
		}
		if len(data) < 200 {
			if hash, _ := file.Hash("alice"); hash.Is("") && !strings.Contains(string(data), "$") {
				t.Error("no password lets in")
			}
		}
	})
}
