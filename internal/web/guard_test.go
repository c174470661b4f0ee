package web

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// passwords makes a file of passwords that are cheap to check.
func passwords(t testing.TB, pairs ...string) *Passwords {
	t.Helper()
	file := filepath.Join(t.TempDir(), "htpasswd")
	writePasswords(t, file, pairs...)
	p, err := ReadPasswords(file, (&rig{}).discard())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func writePasswords(t testing.TB, file string, pairs ...string) {
	t.Helper()
	text := "# users\n\n"
	for _, pair := range pairs {
		name, password, _ := strings.Cut(pair, ":")
		hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		// As "htpasswd -B" writes it: bcrypt's letter is another, the hash the same.
		text += name + ":" + strings.Replace(string(hash), "$2a$", "$2y$", 1) + "\n"
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ada gives a request the password that most tests want.
func ada(r *http.Request) { r.SetBasicAuth("ada", "secret") }

func as(user, password string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(user, password) }
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func host(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }

// TestForeignHosts (T-23): the page of a stranger whose name has been made to point at us is not of our
// origin, since it names its own host.
func TestForeignHosts(t *testing.T) {
	for _, c := range []struct {
		why, host, listen string
		bound             net.Addr
		want              int
	}{
		{"localhost is us", "localhost:8404", "127.0.0.1:8404", loopback, 200},
		{"without a port, too", "localhost", "127.0.0.1:8404", loopback, 200},
		{"and with another, through a tunnel", "localhost:9999", "127.0.0.1:8404", loopback, 200},
		{"case does not matter", "LocalHost.", "127.0.0.1:8404", loopback, 200},
		{"names below localhost are nobody else's", "tally.localhost", "127.0.0.1:8404", loopback, 200},
		{"loopback addresses are us", "127.0.0.1:8404", "127.0.0.1:8404", loopback, 200},
		{"of either family", "[::1]:8404", "127.0.0.1:8404", loopback, 200},
		{"a stranger's name", "evil.example.com", "127.0.0.1:8404", loopback, 421},
		{"one that begins like ours", "localhost.example.com", "127.0.0.1:8404", loopback, 421},
		{"one that ends like ours", "evillocalhost", "127.0.0.1:8404", loopback, 421},
		{"another address", "192.0.2.1", "127.0.0.1:8404", loopback, 421},
		{"no host at all", "", "127.0.0.1:8404", loopback, 421},
		{"the name that the line has", "stick.example.com:8404", "stick.example.com:8404", loopback, 200},
		{"no browser reaches a unix socket, and proxies say what they like", "stick.example.com", "unix@/run/x", &net.UnixAddr{Name: "/run/x"}, 200},
	} {
		r := newRig(t)
		r.Use(Settings{Listen: c.listen})
		w := r.askAt(c.bound, "GET", "/healthz", host(c.host))
		if w.Code != c.want {
			t.Errorf("%s: %q gets %d, want %d", c.why, c.host, w.Code, c.want)
		}
		if n := r.counter(t, "HttpHostsRefused"); (n == 1) != (c.want == 421) {
			t.Errorf("%s: %d were counted", c.why, n)
		}
	}
	r := newRig(t)
	r.Use(Settings{Listen: "127.0.0.1:8404", Auth: passwords(t, "ada:secret")})
	if w := r.ask("GET", root+"info", host("evil.example.com"), ada); w.Code != 200 {
		t.Errorf("where a password is wanted a stranger's page has none, and a proxy may say what it likes: %d", w.Code)
	}
}

// TestCrossOrigin (T-22): no page of another site acts in the name of whoever looks at it.
func TestCrossOrigin(t *testing.T) {
	for _, c := range []struct {
		why    string
		method string
		change func(*http.Request)
		want   int
	}{
		{"a program has no origin", "POST", func(*http.Request) {}, 200},
		{"our own page", "POST", header("Sec-Fetch-Site", "same-origin"), 200},
		{"another site's page", "POST", header("Sec-Fetch-Site", "cross-site"), 403},
		{"another port of this host", "POST", header("Sec-Fetch-Site", "same-site"), 403},
		{"an old browser tells the origin alone", "POST", header("Origin", "https://evil.example.com"), 403},
		{"reading is nobody's harm: the browser keeps the answer to itself", "GET", header("Sec-Fetch-Site", "cross-site"), 200},
	} {
		r := newRig(t)
		r.Use(Settings{Listen: "127.0.0.1:8404", Admin: true, Auth: passwords(t, "ada:secret")})
		path := root + "info"
		if c.method == "POST" {
			path = root + "reload"
		}
		w := r.ask(c.method, path, ada, c.change)
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d\n%s", c.why, w.Code, c.want, w.Body)
		}
		if did := len(r.fake.done); did > 0 && c.want != 200 {
			t.Errorf("%s: it was done all the same: %v", c.why, r.fake.done)
		}
		if n := r.counter(t, "HttpCrossOrigin"); (n == 1) != (c.want == 403) {
			t.Errorf("%s: %d were counted", c.why, n)
		}
	}
}

// TestHeaders (T-21): should a key ever be taken for markup, nothing in it runs.
func TestHeaders(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Page = http.NotFoundHandler() })
	for _, path := range []string{"/healthz", "/readyz", root + "info", root + "nope", "/", "/metrics", root + "openapi.json"} {
		h := r.ask("GET", path).Header()
		for _, want := range []struct{ name, part string }{
			{"Content-Security-Policy", "default-src 'self'"}, {"Content-Security-Policy", "frame-ancestors 'none'"}, {"Content-Security-Policy", "base-uri 'none'"},
			{"X-Content-Type-Options", "nosniff"}, {"X-Frame-Options", "DENY"}, {"Referrer-Policy", "no-referrer"},
		} {
			if !strings.Contains(h.Get(want.name), want.part) {
				t.Errorf("%s: %s is %q, without %q", path, want.name, h.Get(want.name), want.part)
			}
		}
		if strings.Contains(h.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: scripts or styles may stand in the page: %s", path, h.Get("Content-Security-Policy"))
		}
		if strings.HasPrefix(path, "/api/") && h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept by a cache: %q", path, h.Get("Cache-Control"))
		}
	}
}

// TestHostileKeysStayText (T-21): what strangers choose leaves as a string of JSON in which no markup
// begins, whatever a browser takes it for.
func TestHostileKeysStayText(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"tables/data/%2Fall.agg/entries", "topology", "peers", "tables/data/%2Fall.agg/keys/%3Cscript%3E"} {
		w := r.ask("GET", root+path)
		if strings.ContainsAny(w.Body.String(), "<>&\x1b") || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: %s", path, w.Body)
		}
		if kind := w.Header().Get("Content-Type"); kind != "application/json; charset=utf-8" {
			t.Errorf("%s is %s", path, kind)
		}
	}
}

// TestWhoIsLetIn (T-24): where a password is set nothing but health is told without it.
func TestWhoIsLetIn(t *testing.T) {
	long := strings.Repeat("p", 72) // as many as bcrypt reads
	r := newRig(t, func(c *Config) { c.Page, c.Metrics = http.NotFoundHandler(), http.NotFoundHandler() })
	r.Use(Settings{Listen: "*:8404", Auth: passwords(t, "ada:secret", "bob:other", "cyd:"+long)})
	for _, path := range []string{"/", "/metrics", root + "info", root + "events", root + "openapi.json", root + "nope"} {
		w := r.ask("GET", path)
		if w.Code != 401 || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Basic realm=") {
			t.Errorf("%s without a password: %d %v", path, w.Code, w.Header())
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/readyz?verbose"} {
		if w := r.ask("GET", path); w.Code == 401 {
			t.Errorf("%s is for whoever watches over us, who has no password", path)
		}
	}
	for _, c := range []struct {
		why, user, password string
		want                int
	}{
		{"the right one", "ada", "secret", 200},
		{"remembered", "ada", "secret", 200},
		{"somebody else's", "ada", "other", 401},
		{"nobody", "eve", "secret", 401},
		{"none", "ada", "", 401},
		{"as long as bcrypt reads", "cyd", long, 200},
		{"and one that begins like it", "cyd", long + "x", 401},
		{"user and password divided elsewhere", "adasec", "ret", 401},
	} {
		if w := r.ask("GET", root+"info", as(c.user, c.password)); w.Code != c.want {
			t.Errorf("%s: %d, want %d", c.why, w.Code, c.want)
		}
	}
	if n := r.counter(t, "HttpPasswordsWrong"); n != 5 {
		t.Errorf("%d wrong passwords were counted, want 5", n)
	}
	if n := strings.Count(r.log.String(), "wrong user or password"); n != 1 {
		t.Errorf("the log has %d lines of that, want one a minute: it is not for strangers to fill\n%s", n, r.log)
	}
	if strings.Contains(r.log.String(), "secret") {
		t.Error("the log has a password")
	}
}

// TestNoDebugging (T-26): no route shows the inside of the process.
func TestNoDebugging(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/profile", "/debug/vars", "/debug/requests", "/api/v1/debug", "/api/v1/pprof"} {
		if w := r.ask("GET", path); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for _, route := range r.list() {
		if strings.Contains(route.path, "debug") || strings.Contains(route.path, "pprof") {
			t.Errorf("there is a route %s", route.path)
		}
	}
}

// TestWrongPasswordsAreLimited: who guesses is soon not listened to, and nobody else pays for it.
func TestWrongPasswordsAreLimited(t *testing.T) {
	r := newRig(t)
	r.Use(Settings{Listen: "*:8404", Auth: passwords(t, "ada:secret")})
	from := func(ip string) func(*http.Request) {
		return func(q *http.Request) { q.RemoteAddr = ip + ":1234" }
	}
	codes := map[int]int{}
	for i := range 50 {
		codes[r.ask("GET", root+"info", as("ada", fmt.Sprint(i)), from("192.0.2.66")).Code]++
	}
	if codes[401] != wrongBurst || codes[429] != 50-wrongBurst {
		t.Errorf("after %d wrong ones none is looked at: %v", wrongBurst, codes)
	}
	if n := r.counter(t, "HttpPasswordsLimited"); n != 50-wrongBurst {
		t.Errorf("%d were counted", n)
	}
	if w := r.ask("GET", root+"info", ada, from("192.0.2.66")); w.Code != 429 {
		t.Errorf("not even the right one is, or guessing would go on: %d", w.Code)
	}
	if w := r.ask("GET", root+"info", ada, from("192.0.2.7")); w.Code != 200 {
		t.Errorf("others come in: %d", w.Code)
	}
	r.fake.pass(wrongEvery)
	if w := r.ask("GET", root+"info", ada, from("192.0.2.66")); w.Code != 200 {
		t.Errorf("after a while there is another try: %d", w.Code)
	}
}

// TestSourcesAreBounded: whoever has ten thousand addresses fills no memory, and those who have been
// silent since long make room.
func TestSourcesAreBounded(t *testing.T) {
	p := passwords(t, "ada:secret")
	for i := range 3 * sources {
		p.check(noon, "ada", "wrong", fmt.Sprint(i))
	}
	if len(p.wrong) > sources {
		t.Errorf("%d sources are told apart", len(p.wrong))
	}
	p.check(noon.Add(time.Hour), "ada", "wrong", "another")
	if len(p.wrong) != 1 {
		t.Errorf("%d are remembered an hour later", len(p.wrong))
	}
}
