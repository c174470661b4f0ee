package web

import (
	"errors"
	"testing"
	"time"

	"tallystick/internal/view"
)

func TestHealth(t *testing.T) {
	ready := func(f *fake) {
		s := &f.sections[0]
		s.Warm, s.WarmAt = true, time.Time{}
	}
	for _, c := range []struct {
		why, path string
		change    func(*fake)
		code      int
		want      string
	}{
		{"alive, whatever else", "/healthz", func(*fake) {}, 200, "ok\n"},
		{"aggregation stands still: kill us", "/healthz", func(f *fake) { f.dead = errors.New("section data has not moved for 20s") }, 500, "section data has not moved for 20s\n"},
		{"not warm yet: whoever asks is told why", "/readyz", func(*fake) {}, 503,
			"[+]listening ok\n[-]section data: warming up, 3 of 5 heard\n[+]configuration ok\nreadyz check failed\n"},
		{"ready", "/readyz", ready, 200, "ok\n"},
		{"ready, in words", "/readyz?verbose", ready, 200, "[+]listening ok\n[+]section data ok\n[+]configuration ok\nreadyz check passed\n"},
		{"about to end", "/readyz", func(f *fake) { ready(f); f.process.Stopping = true }, 503,
			"[-]listening: stopping\n[+]section data ok\n[+]configuration ok\nreadyz check failed\n"},
		{"what serves is not what was written", "/readyz", func(f *fake) {
			ready(f)
			f.process.Reload = view.Reload{At: noon, Message: "a.cfg:3: no\na.cfg:4: no\n"}
		}, 503, "[+]listening ok\n[+]section data ok\n[-]configuration: last reload refused: a.cfg:3: no\n   a.cfg:4: no\nreadyz check failed\n"},
		{"a good reload", "/readyz", func(f *fake) {
			ready(f)
			f.process.Reload = view.Reload{At: noon, Good: true, Message: "nothing"}
		}, 200, "ok\n"},
	} {
		r := newRig(t)
		c.change(r.fake)
		if w := r.ask("GET", c.path); w.Code != c.code || w.Body.String() != c.want {
			t.Errorf("%s: %s gives %d\n%s\nwant %d\n%s", c.why, c.path, w.Code, w.Body, c.code, c.want)
		}
	}
}

// TestHealthTellsNoSecrets: whoever has given no password is told that a reload was refused, and not
// what stands in the file.
func TestHealthTellsNoSecrets(t *testing.T) {
	r := newRig(t)
	r.fake.sections[0].Warm = true
	r.fake.process.Reload = view.Reload{At: noon, Message: "a.cfg:3: no"}
	r.Use(Settings{Listen: "*:8404", Auth: passwords(t, "ada:secret")})
	w := r.ask("GET", "/readyz?verbose")
	if want := "[+]listening ok\n[+]section data ok\n[-]configuration: last reload refused: reason withheld\nreadyz check failed\n"; w.Body.String() != want {
		t.Errorf("got\n%s\nwant\n%s", w.Body, want)
	}
}
