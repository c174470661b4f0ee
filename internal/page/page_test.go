package page

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// get asks the handler for a path, with headers as "Name: value".
func get(t *testing.T, method, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFilesHaveTheirTypes(t *testing.T) {
	for path, want := range map[string]string{
		"/":                          "text/html; charset=utf-8",
		"/app.js":                    "text/javascript; charset=utf-8",
		"/css/base.css":              "text/css; charset=utf-8",
		"/icon.svg":                  "image/svg+xml",
		"/third_party/htm-preact.js": "text/javascript; charset=utf-8",
	} {
		r := get(t, "GET", path)
		if got := r.Header.Get("Content-Type"); r.StatusCode != 200 || got != want {
			t.Errorf("%s: %d %q, want 200 %q: with nosniff a module of another type does not run", path, r.StatusCode, got, want)
		}
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	for _, r := range []*http.Response{get(t, "GET", "/"), get(t, "GET", "/no-such"), get(t, "POST", "/")} {
		for name, want := range map[string]string{
			"Content-Security-Policy": Policy,
			"X-Content-Type-Options":  "nosniff",
			"Referrer-Policy":         "no-referrer",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%d: %s is %q, want %q: a 404 is shown by a browser, too", r.StatusCode, name, got, want)
			}
		}
	}
	for _, word := range []string{"unsafe", "data:", "http:", "https:", "*"} {
		if strings.Contains(Policy, word) {
			t.Errorf("the policy lets %q in", word)
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	for _, c := range []struct {
		method, path string
		want         int
		why          string
	}{
		{"GET", "/index.html", 404, "one thing has one address"},
		{"GET", "/static/app.js", 404, "the folder in our tree is not the address"},
		{"GET", "/third_party/README.md", 404, "licences are for who reads the tree"},
		{"GET", "/../page.go", 404, "only what is embedded"},
		{"GET", "/third_party/", 404, "no listing"},
		{"POST", "/", 405, "nothing is changed here"},
		{"HEAD", "/", 200, "health checks ask so"},
	} {
		if r := get(t, c.method, c.path); r.StatusCode != c.want {
			t.Errorf("%s %s: %d, want %d: %s", c.method, c.path, r.StatusCode, c.want, c.why)
		}
	}
	if got := get(t, "POST", "/").Header.Get("Allow"); got != "GET, HEAD" {
		t.Errorf("405 says what is allowed: %q", got)
	}
}

func TestEtagSavesTheBody(t *testing.T) {
	for _, encoding := range []string{"identity", "gzip"} {
		first := get(t, "GET", "/app.js", "Accept-Encoding: "+encoding)
		tag := first.Header.Get("ETag")
		if tag == "" || first.Header.Get("Cache-Control") != "no-cache" {
			t.Fatalf("%s: ETag %q, Cache-Control %q: after an upgrade the client must ask", encoding, tag, first.Header.Get("Cache-Control"))
		}
		again := get(t, "GET", "/app.js", "Accept-Encoding: "+encoding, "If-None-Match: "+tag)
		if again.StatusCode != 304 || len(body(t, again)) != 0 {
			t.Errorf("%s: %d for the tag it gave, want 304 and no body", encoding, again.StatusCode)
		}
		if r := get(t, "GET", "/app.js", "Accept-Encoding: "+encoding, `If-None-Match: "another"`); r.StatusCode != 200 {
			t.Errorf("%s: %d for another tag, want 200", encoding, r.StatusCode)
		}
	}
}

func TestGzipIsTheSameFile(t *testing.T) {
	plain := get(t, "GET", "/third_party/uPlot.js")
	packed := get(t, "GET", "/third_party/uPlot.js", "Accept-Encoding: br, gzip;q=0.5")
	if packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("Content-Encoding %q, Vary %q", packed.Header.Get("Content-Encoding"), packed.Header.Get("Vary"))
	}
	if plain.Header.Get("ETag") == packed.Header.Get("ETag") {
		t.Error("other bytes under the same tag: a cache would mix them")
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(unpacked, body(t, plain)) {
		t.Errorf("what is unpacked is another file (%v)", err)
	}
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "identity": false, "br": false, "gzip": true, "br, gzip": true, "*": true,
		"gzip;q=0": false, "gzip;q=0.000": false, "gzip; q=0.1": true, "xgzip": false,
	} {
		if got := acceptsGzip(header); got != want {
			t.Errorf("Accept-Encoding %q: %v, want %v", header, got, want)
		}
	}
}
