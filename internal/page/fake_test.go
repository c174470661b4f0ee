package page

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// site is the page and, beside it, an API that answers with what lies in testdata: the shapes that the real one
// has. A test may put another answer in the place of one, push events, and cut the line.
type site struct {
	t   *testing.T
	URL string // of the window that shows it, once one does
	mux *http.ServeMux

	mu       sync.Mutex
	answers  map[string]answer // by "GET path", without /api/v1/ and the query
	asked    []string          // method, path and query of each call of the API, in order
	posted   []byte            // body of the last POST
	refusing int               // status that events are refused with; 0: they are served
	streams  map[chan string]chan struct{}
}

type answer struct {
	status int
	body   []byte
}

// stored reads an answer of testdata as plain values, to be changed and put back.
func stored(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

func newSite(t *testing.T) *site {
	s := &site{t: t, answers: map[string]answer{}, streams: map[chan string]chan struct{}{}}
	for path, name := range map[string]string{
		"GET info": "info", "GET topology": "topology", "GET peers": "peers", "GET tables": "tables", "GET lint": "lint",
		"GET history": "history", "GET history/keys": "history_keys", "POST adopt": "adopt",
		"GET tables/cluster/web.agg/entries":         "entries",
		"GET tables/cluster/web.agg/keys/192.0.2.77": "key",
	} {
		s.answer(path, 200, stored(t, name))
	}
	s.mux = http.NewServeMux()
	s.mux.Handle("/", files())
	s.mux.HandleFunc("/api/v1/", s.api)
	t.Cleanup(func() { s.cut(503) })
	return s
}

// files compresses the page once for all sites.
var files = sync.OnceValue(Handler)

// answer sets what a call gets from now on.
func (s *site) answer(call string, status int, value any) {
	s.t.Helper()
	body, err := json.Marshal(value)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[call] = answer{status, body}
}

func (s *site) body(call string) json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answers[call].body
}

// calls is what has been asked so far, as "GET path?query".
func (s *site) calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

func (s *site) api(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/api/v1/")
	call := r.Method + " " + path
	body := make([]byte, max(0, r.ContentLength))
	if _, err := r.Body.Read(body); r.Method == "POST" && err != nil && err.Error() != "EOF" {
		s.t.Errorf("%s: %v", call, err)
	}
	s.mu.Lock()
	s.asked = append(s.asked, r.Method+" "+r.URL.RequestURI()[len("/api/v1/"):])
	if r.Method == "POST" {
		s.posted = body
	}
	a, ok := s.answers[call]
	s.mu.Unlock()
	if path == "events" {
		s.events(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if !ok {
		a = answer{404, []byte(fmt.Sprintf(`{"error":{"code":"no_such_thing","message":"nothing is known of %s","did_you_mean":null}}`, "this"))}
		if strings.HasSuffix(path, "/entries") { // a table that testdata says nothing of is empty
			a = answer{200, []byte(`{"table":"","columns":[],"entries":[],"more":false}`)}
		}
	}
	w.WriteHeader(a.status)
	if _, err := w.Write(a.body); err != nil && r.Context().Err() == nil {
		s.t.Errorf("%s: %v", call, err)
	}
}

// events is one subscriber: a state at once, then what is pushed, until the line is cut.
func (s *site) events(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.refusing != 0 {
		status := s.refusing
		s.mu.Unlock()
		http.Error(w, `{"error":{"code":"not_now","message":"tallystick is stopping","did_you_mean":null}}`, status)
		return
	}
	in, gone := make(chan string, 1000), make(chan struct{})
	s.streams[in] = gone
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.streams, in)
		s.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, event("state", s.state()))
	w.(http.Flusher).Flush()
	for {
		select {
		case e := <-in:
			fmt.Fprint(w, e)
			w.(http.Flusher).Flush()
		case <-gone:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// state is the event that tells all.
func (s *site) state() json.RawMessage {
	var tables, topology struct {
		Tables, Sections json.RawMessage
	}
	must(s.t, json.Unmarshal(s.body("GET tables"), &tables))
	must(s.t, json.Unmarshal(s.body("GET topology"), &topology))
	b, err := json.Marshal(map[string]any{
		"topology": json.RawMessage(s.body("GET topology")), "tables": tables.Tables, "info": s.body("GET info"),
		"lint_counts": map[string]int{"error": 2, "warning": 3, "notice": 1},
	})
	must(s.t, err)
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var eventID = struct {
	sync.Mutex
	n int
}{}

func event(name string, data []byte) string {
	eventID.Lock()
	defer eventID.Unlock()
	eventID.n++
	return fmt.Sprintf("event: %s\nid: %d\ndata: %s\n\n", name, eventID.n, data)
}

// push sends an event to all who listen; data is what json makes of value.
func (s *site) push(name string, value any) {
	s.t.Helper()
	data, err := json.Marshal(value)
	must(s.t, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	for in := range s.streams {
		in <- event(name, data)
	}
}

// cut ends all streams, and refuses new ones with status; 0: they may come again.
func (s *site) cut(refusing int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusing = refusing
	for in, gone := range s.streams {
		close(gone)
		delete(s.streams, in)
	}
}

// listeners is how many streams are open.
func (s *site) listeners() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.streams)
}

// eventually polls for what another process does.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Errorf("it does not come about that %s", what)
}

// log pushes the lines of testdata/log.json once the page listens.
func (b *tab) log() {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "log.json"))
	must(b.t, err)
	var lines []map[string]any
	must(b.t, json.Unmarshal(text, &lines))
	for _, l := range lines {
		b.s.push("log", l)
	}
}
