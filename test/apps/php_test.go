package apps

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"edgegen/test/edge"
)

// scripts is a site like WordPress: an app by PHP-FPM, which edgegen runs.
const scripts = `site "php.test" {
  tls { self_signed = true }
  backend "php" {
    servers = ["unix:fpm.sock"]
    command = [%q, "-F", "-R", "-y", "fpm.conf"]
    dir     = "."
    fastcgi {
      root   = "php"
      params = { APP_ENV = "production" }
    }
    health { path = "/told.php" }
  }
  route "/" {
    backend = "php"
    static {
      root      = "php"
      try_files = ["$uri", "$uri/index.php", "/index.php"]
    }
  }
  route "/wp-content" {
    static { root = "php" }
  }
  route "/stream" {
    backend = "php"
    stream  = true
  }
  route "/inside" {
    internal = true
    static { root = "php" }
  }
}
`

const fpm = `[global]
error_log = %[1]s/tmp/fpm.log
daemonize = no
[www]
user = root
group = root
listen = %[1]s/fpm.sock
listen.mode = 0666
pm = static
pm.max_children = 6
php_admin_value[upload_max_filesize] = 100M
php_admin_value[post_max_size] = 100M
php_admin_value[upload_tmp_dir] = %[1]s/tmp
php_admin_value[output_buffering] = 0
`

const told = `<?php
header('Content-Type: application/json');
echo json_encode(['server' => $_SERVER, 'body' => strlen(file_get_contents('php://input')),
  'files' => (object)array_map(fn($f) => [$f['size'], md5_file($f['tmp_name'])], $_FILES)]);
`

// withScripts adds the site of scripts to a home, where there is PHP-FPM. It returns
// the site, "" where there is none.
func withScripts(t *testing.T, h *edge.Home) string {
	t.Helper()
	program, err := exec.LookPath("php-fpm8.2")
	if err != nil {
		return ""
	}
	h.Write("fpm.conf", fmt.Sprintf(fpm, h.Dir))
	for name, text := range map[string]string{
		"index.php": told, "told.php": told, "wp-admin/index.php": told, "stream/index.php": told, ".git/config.php": told, "../outside.php": "<?php echo 'owned';",
		"wp-content/uploads/evil.jpg": "<?php echo 'owned';", "wp-content/evil.php": "<?php echo 'owned';", "style.css": "a { }", "robots.txt": "User-agent: *",
		"dies.php": "<?php posix_kill(getmypid(), 9);", "sleeps.php": "<?php sleep(30);",
		"cut.php":          "<?php echo str_repeat('x', 100000); flush(); usleep(100000); posix_kill(getmypid(), 9);",
		"tokens.php":       "<?php header('Content-Type: text/event-stream'); for ($i = 0; $i < 5; $i++) { echo \"tok$i \"; flush(); usleep(200000); }",
		"status.php":       "<?php http_response_code((int)$_GET['s']); error_log('said by a script');",
		"moved.php":        "<?php header('Location: /elsewhere');",
		"hand.php":         "<?php header('Content-Type: text/x-paper'); header('X-Accel-Redirect: ' . $_GET['to']); echo 'not this';",
		"inside/paper.txt": "the paper", "inside/evil.php": "<?php echo 'owned';",
	} {
		h.Write("php/"+name, text)
	}
	return fmt.Sprintf(scripts, program)
}

// script is what a script tells of its request.
type script struct {
	Server map[string]any
	Body   int
	Files  map[string][2]any
}

func (c client) script(t *testing.T, request *http.Request) (told script) {
	t.Helper()
	response, err := c.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&told); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", request.URL, response.StatusCode, err)
	}
	return told
}

// B6: real scripts, what they are told, and none but those below root.
func scripted(t *testing.T, e *edge.Edge, browser client) {
	t.Run("told", func(t *testing.T) { toldScripts(t, browser) })
	t.Run("handing", func(t *testing.T) { handingScripts(t, browser) })
	t.Run("hostile", func(t *testing.T) { hostileScripts(t, browser) })
	t.Run("faults", func(t *testing.T) { faultyScripts(t, e, browser) })
	t.Run("bodies", func(t *testing.T) { sentToScripts(t, browser) })
}

func toldScripts(t *testing.T, browser client) {
	for target, want := range map[string]map[string]any{
		"/":                  {"SCRIPT_NAME": "/index.php", "REQUEST_URI": "/"},
		"/2026/a%20post?p=1": {"SCRIPT_NAME": "/index.php", "REQUEST_URI": "/2026/a%20post?p=1", "QUERY_STRING": "p=1", "PATH_INFO": ""},
		"/told.php/info/x":   {"SCRIPT_NAME": "/told.php", "PATH_INFO": "/info/x", "PHP_SELF": "/told.php/info/x"},
		"/wp-admin/":         {"SCRIPT_NAME": "/wp-admin/index.php"},
	} {
		r, _ := http.NewRequest(http.MethodGet, "https://php.test"+target, nil)
		for name, value := range map[string]string{"Proxy": "evil", "X-Forwarded-For": "9.9.9.9", "X_Real_IP": "9.9.9.9", "X-Extra": "kept", "Range": "bytes=0-9"} {
			r.Header.Set(name, value)
		}
		r.Header.Del("Range")
		got := browser.script(t, r).Server
		for name, value := range map[string]any{"HTTPS": "on", "REMOTE_ADDR": "127.0.0.1", "SERVER_NAME": "php.test", "HTTP_HOST": "php.test", "APP_ENV": "production",
			"HTTP_X_FORWARDED_FOR": "127.0.0.1", "HTTP_X_REAL_IP": "127.0.0.1", "HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_EXTRA": "kept", "REQUEST_METHOD": "GET"} {
			if got[name] != value {
				t.Errorf("%s: %s is %v", target, name, got[name])
			}
		}
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s: %s is %v, and not %v", target, name, got[name], value)
			}
		}
		if id, _ := got["HTTP_X_REQUEST_ID"].(string); id == "" || got["HTTP_PROXY"] != nil || !strings.HasSuffix(got["SCRIPT_FILENAME"].(string), "/php"+got["SCRIPT_NAME"].(string)) {
			t.Errorf("%s: %v %v %v", target, id, got["HTTP_PROXY"], got["SCRIPT_FILENAME"])
		}
	}
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for target, want := range map[string]string{"/wp-admin?a=b": "301 /wp-admin/?a=b", "/moved.php": "302 /elsewhere", "/style.css": "200 ", "/status.php?s=418": "418 ", "/status.php?s=503": "503 "} {
		status, _, header, err := browser.get("php.test" + target)
		if got := fmt.Sprintf("%d %s", status, header.Get("Location")); got != want || err != nil {
			t.Errorf("%s: %s, %v", target, got, err)
		}
	}
}

// hostileScripts holds that nothing is run that is no script below root, and that no
// script is shown.
// M7: a script hands a file over, and no script's text.
func handingScripts(t *testing.T, browser client) {
	for to, want := range map[string]string{"/inside/paper.txt": "200 the paper", "/inside/evil.php": "404 ", "/inside/evil.php/x": "404 ", "/told.php": "404 ", "/inside": "404 "} {
		status, body, header, err := browser.get("php.test/hand.php?to=" + to)
		if got := fmt.Sprint(status, " ", body); !strings.HasPrefix(got, want) || status == http.StatusOK && !strings.HasPrefix(header.Get("Content-Type"), "text/x-paper") || header.Get("X-Accel-Redirect") != "" {
			t.Errorf("%s: %q %v, %v", to, got, header, err)
		}
	}
	if status, _, _, err := browser.get("php.test/inside/paper.txt"); status != http.StatusNotFound {
		t.Errorf("a client: %d, %v", status, err)
	}
}

func hostileScripts(t *testing.T, browser client) {
	for _, target := range []string{
		"/wp-content/uploads/evil.jpg/x.php", "/wp-content/uploads/evil.jpg%2fx.php", "/wp-content/uploads/evil.jpg/.php", "/wp-content/evil.php", "/wp-content/evil.php/x", "/wp-content/evil.PHP",
		"/wp-content/evil.php%20", "/wp-content/evil.php.", "/wp-content/evil.php/", "/wp-content//evil.php", "/wp-content/./evil.php", "/%77p-content/evil.php",
		"/../outside.php", "/..%2foutside.php", "/x/..%2f..%2foutside.php", "/%2e%2e/outside.php", "/told.php/../../outside.php",
		"/.git/config.php", "/told.php%00.jpg", "/told.php%0a", "/TOLD.PHP", "/told.pHp", "/none.php", "/style.css/x.php", "/told.php;x", "/told.php::$DATA", "/told.php%5c", "/told.php~",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r, err := http.NewRequest(method, "https://php.test/", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.URL.Opaque = "//php.test" + target
			r.Header.Set("Range", "bytes=0-1000")
			response, err := browser.Do(r)
			if err != nil {
				t.Errorf("%s: %v", target, err)
				continue
			}
			body, _ := io.ReadAll(response.Body) // what has come of it counts
			_ = response.Body.Close()
			if bytes.Contains(body, []byte("owned")) || bytes.Contains(body, []byte("<?php")) {
				t.Errorf("%s %s: %d %.40q", method, target, response.StatusCode, body)
			}
			last := target[strings.LastIndexByte(target, '/'):]
			if names := strings.HasSuffix(strings.ToLower(last), ".php"); names && method == http.MethodGet && response.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %d %.40q", target, response.StatusCode, body)
			}
		}
	}
}

func faultyScripts(t *testing.T, e *edge.Edge, browser client) {
	for target, want := range map[string]int{"/dies.php": http.StatusBadGateway, "/sleeps.php": http.StatusGatewayTimeout} {
		if status, _, _, err := browser.get("php.test" + target); status != want {
			t.Errorf("%s: %d, %v", target, status, err)
		}
	}
	if _, body, _, err := browser.get("php.test/cut.php"); err == nil {
		t.Errorf("an answer that is cut short looks whole: %d bytes", len(body))
	}
	e.Says("said by a script")
	response, err := browser.Get("https://php.test/tokens.php")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var came []time.Time
	token := make([]byte, 5)
	for i := range 5 {
		if _, err := io.ReadFull(response.Body, token); err != nil || string(token) != fmt.Sprintf("tok%d ", i) {
			t.Fatalf("%q, %v", token, err)
		}
		came = append(came, time.Now())
	}
	if all := came[4].Sub(came[0]); all < 400*time.Millisecond || !slices.IsSortedFunc(came, time.Time.Compare) {
		t.Errorf("tokens that were sent within 800 ms came within %s", all)
	}
}

// sentToScripts sends 50 MiB as a browser does, and a body of unknown length, also
// where it is to pass on as it comes.
func sentToScripts(t *testing.T, browser client) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 50<<20/16)
	sum := md5.Sum(content)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("f", "big.bin")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(content) // into memory
	_ = w.Close()
	r, _ := http.NewRequest(http.MethodPost, "https://php.test/upload", &form)
	r.Header.Set("Content-Type", w.FormDataContentType())
	if got := browser.script(t, r).Files["f"]; got[0] != float64(50<<20) || got[1] != hex.EncodeToString(sum[:]) {
		t.Errorf("of 50 MiB came %v", got)
	}
	for _, path := range []string{"/upload", "/stream/"} {
		for _, size := range []int{0, 10, 300 << 10} {
			r, _ := http.NewRequest(http.MethodPut, "https://php.test"+path, io.MultiReader(bytes.NewReader(content[:size])))
			if got := browser.script(t, r); got.Body != size || got.Server["CONTENT_LENGTH"] != fmt.Sprint(size) {
				t.Errorf("%s: of %d bytes came %d", path, size, got.Body)
			}
			r, _ = http.NewRequest(http.MethodPut, "https://php.test"+path, bytes.NewReader(content[:size]))
			if got := browser.script(t, r); got.Body != size {
				t.Errorf("%s: of %d bytes with their length came %d", path, size, got.Body)
			}
		}
	}
}
