package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tallystick/internal/view"
)

// reads is a stream of a rig whose time stands still until the test lets it pass.
func reads(t *testing.T, query string, change ...func(*http.Request)) (*rig, *client) {
	r := newRig(t)
	r.fake.log("one", "two", "three")
	addr := r.serve(t)
	c := open(t, addr, query, change...)
	t.Cleanup(c.end)
	return r, c
}

// TestAStreamBegins: with the present, and what happened lately.
func TestAStreamBegins(t *testing.T) {
	_, c := reads(t, "")
	if kind := c.res.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("it is %s", kind)
	}
	e := c.next()
	if e.name != "state" || json.Unmarshal([]byte(e.data), &struct {
		Topology struct{ Sections []struct{ ID string } }
		Tables   struct{ Tables []struct{ Name string } }
		Info     struct{ Version string }
		Counts   map[string]int `json:"lint_counts"`
	}{}) != nil || !strings.Contains(e.data, `"lint_counts":{"error":1,"notice":1,"warning":0}`) {
		t.Errorf("first the state: %+v", e)
	}
	if e := c.next(); e.name != "lint" || !strings.Contains(e.data, `"rule":"twin-missing"`) {
		t.Errorf("then what is wrong: %+v", e)
	}
	for _, want := range []string{"one", "two", "three"} {
		e := c.next()
		if want := fmt.Sprintf(`{"at":"2026-01-31T12:00:00.000Z","level":"info","text":"%s","section":"data","peer":"lb1"}`, want); e.name != "log" || e.data != want {
			t.Errorf("then the log: got %+v, want %s", e, want)
		}
	}
}

// TestAStreamGoesOn: what changes is told, each once.
func TestAStreamGoesOn(t *testing.T) {
	r, c := reads(t, "")
	for range 5 {
		c.next()
	}
	r.fake.log("four")
	if e := c.until("log"); !strings.Contains(e.data, `"four"`) || !strings.HasSuffix(e.id, "-4") {
		t.Errorf("what is logged: %+v", e)
	}
	r.fake.change(func() { r.fake.findings = nil })
	r.fake.pass(time.Second)
	for c.until("lint").data != `{"findings":[]}` { // what was wrong is told as no more; before that, perhaps, once more as it was
	}
	r.fake.change(func() { r.fake.sections = append([]view.Section(nil), r.fake.sections[0], view.Section{ID: "new"}) })
	r.fake.pass(time.Second)
	for !strings.Contains(c.until("state").data, `"id":"new"`) { // a section that is new
	}
}

// TestAStreamResumes: behind the event that was seen last, unless that was in another life of ours.
func TestAStreamResumes(t *testing.T) {
	r, c := reads(t, "")
	c.next()
	last := c.until("log").id
	for _, c := range []struct{ why, id, want string }{
		{"behind the first", last, "two"},
		{"of another life", "abc-2", "one"},
		{"no number", "x", "one"},
	} {
		again := open(t, r.address(), "", header("Last-Event-ID", c.id))
		if e := again.until("log"); !strings.Contains(e.data, `"text":"`+c.want+`"`) {
			t.Errorf("%s: it goes on with %+v", c.why, e)
		}
		again.end()
	}
}

// TestTheLogIsCapped: what floods the log does not flood the pages; how much is left out is said.
func TestTheLogIsCapped(t *testing.T) {
	r, c := reads(t, "")
	for range 5 {
		c.next()
	}
	for i := range 100 {
		r.fake.log(fmt.Sprint("flood ", i))
	}
	n := 0
	for {
		e := c.next()
		if e.name == "log" {
			if n++; n == logRate {
				r.fake.pass(time.Second)
			}
		}
		if e.name == "dropped" {
			if want := fmt.Sprintf(`{"count":%d}`, 100-logRate); e.data != want || n != logRate {
				t.Errorf("%d were told, and %s left out; want %d and %s", n, e.data, logRate, want)
			}
			break
		}
	}
	if got := r.counter(t, "HttpEventsDropped"); got != 100-logRate {
		t.Errorf("%d were counted", got)
	}
}

// TestAQuietStreamLives: proxies hang up on what is silent.
func TestAQuietStreamLives(t *testing.T) {
	r := newRig(t)
	h := &r.hub
	me := &reader{pieces: make(chan []byte, waiting), cut: make(chan struct{}), abort: func() {}}
	if _, ok := h.join(me); !ok {
		t.Fatal("there is a place")
	}
	h.tell(noon, nil)
	for len(me.pieces) > 0 {
		<-me.pieces
	}
	h.stateAt = noon.Add(aliveEvery) // as if the state had just been told
	h.tell(noon.Add(aliveEvery), nil)
	if len(me.pieces) != 1 || !strings.HasPrefix(string(<-me.pieces), ":") {
		t.Error("after 15 s of silence there is a comment")
	}
}

// TestAnIdleStateIsNotRepeated: what only the clock has changed is told every ten seconds, and not
// every one.
func TestAnIdleStateIsNotRepeated(t *testing.T) {
	r := newRig(t)
	me := &reader{pieces: make(chan []byte, 1000), cut: make(chan struct{}), abort: func() {}}
	r.hub.join(me)
	for range 31 {
		r.hub.tell(r.fake.Now(), nil)
		r.fake.pass(time.Second)
	}
	states := 0
	for len(me.pieces) > 0 {
		if strings.Contains(string(<-me.pieces), "event: state") {
			states++
		}
	}
	// The warm-up of the fake counts down for five seconds.
	if states != 6+2 {
		t.Errorf("%d states in 30 s, want one a second, and then one every ten: 8", states)
	}
}

// TestTopOfAStream: the largest keys of a column come with it, and those alone who asked for them are told.
func TestTopOfAStream(t *testing.T) {
	r, c := reads(t, "?section=data&table=rates.agg&top=2&by=http_req_cnt")
	e := c.until("top")
	if !strings.Contains(e.data, `"by":"http_req_cnt","entries":[{"key":{"text":"192.0.2.2"`) || strings.Contains(e.data, `"192.0.2.3"`) || !strings.HasSuffix(e.data, `"more":true}`) {
		t.Errorf("the two largest: %s", e.data)
	}
	r.fake.pass(lookAgain)
	c.until("top")
	c.end()
	eventually(t, "nobody looks any more, and nothing is read", func() bool {
		r.fake.pass(time.Second)
		r.tops.mu.Lock()
		defer r.tops.mu.Unlock()
		for _, o := range r.tops.list {
			if o.By == "http_req_cnt" {
				return false
			}
		}
		return true
	})
}

// TestWrongStreams: who asks for what there is not is told so, and takes no place.
func TestWrongStreams(t *testing.T) {
	r := newRig(t)
	for _, q := range []string{"?table=rates.agg", "?section=data&table=nope", "?section=data&table=rates.agg&by=x", "?section=data&table=rates.agg&top=101"} {
		if w := r.ask("GET", root+"events"+q); w.Code/100 != 4 {
			t.Errorf("%s: %d", q, w.Code)
		}
	}
	if n := r.counter(t, "HttpStreams"); n != 0 || len(r.tops.list) != 0 {
		t.Errorf("%d streams, %d columns", n, len(r.tops.list))
	}
}

// TestOtherSettingsCutStreams: who reads may not come in any more.
func TestOtherSettingsCutStreams(t *testing.T) {
	r, c := reads(t, "")
	c.next()
	r.Use(Settings{Listen: "*:8404", Auth: passwords(t, "ada:secret")})
	for {
		if _, err := c.lines.ReadString('\n'); err != nil {
			break
		}
	}
	eventually(t, "its place is free", func() bool { return r.counter(t, "HttpStreams") == 0 })
	if n := r.counter(t, "HttpStreamsCut"); n != 0 {
		t.Errorf("it did not read slowly: %d", n)
	}
}
