package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// noon is when most tests take place.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// fake is a program that stands still: what a test puts into its fields is what is served. Acting calls
// are written down. What it does not have is nil, and a bug of the test.
type fake struct {
	view.Backend

	mu       sync.Mutex
	now      time.Time
	process  view.Process
	sections []view.Section
	events   []view.Event
	rows     map[string][]view.Entry // by section and table
	findings []view.Finding
	bans     []view.Ban
	samples  []view.Sample
	dead     error // why it makes no progress
	deny     error // what acting calls answer
	done     []string
	looks    int           // calls of Sections
	nexts    int           // calls of Dump.Next
	hold     chan struct{} // what reading a slice waits for; nil: nothing
	slow     time.Duration // what reading a slice takes
}

func (f *fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// pass lets time go by.
func (f *fake) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// change changes something under the eyes of whoever looks.
func (f *fake) change(g func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	g()
}

func (f *fake) Process() view.Process {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.process
}

func (f *fake) Sections() []view.Section {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looks++
	return slices.Clone(f.sections)
}

func (f *fake) Findings() []view.Finding {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.findings
}
func (f *fake) Alive() error { return f.dead }

func (f *fake) Samples() []view.Sample {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.samples)
}

func (f *fake) EventsAfter(seq uint64) (list []view.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.events {
		if e.Seq > seq {
			list = append(list, e)
		}
	}
	return list
}

// log adds events to what happened.
func (f *fake) log(texts ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range texts {
		f.events = append(f.events, view.Event{Time: f.now, Level: "info", Text: t, Seq: uint64(len(f.events) + 1), Section: "data", Peer: "lb1"})
	}
}

type fakeDump struct {
	fake *fake
	rows []view.Entry
	bare bool
}

func (d *fakeDump) Skim() { d.bare = true }

func (f *fake) Dump(section, table string) (view.Dump, error) {
	rows, ok := f.rows[section+" "+table]
	if !ok {
		return nil, view.ErrGone
	}
	return &fakeDump{fake: f, rows: rows}, nil
}

// Next gives entries that are overwritten as soon as f has returned, so that a test notices who keeps
// them.
func (d *fakeDump) Next(limit int, f func(*view.Entry)) bool {
	d.fake.mu.Lock()
	d.fake.nexts++
	hold, slow := d.fake.hold, d.fake.slow
	d.fake.mu.Unlock()
	if hold != nil {
		<-hold
	}
	for began := time.Now(); time.Since(began) < slow; { // work, and no sleep
	}
	n := min(limit, len(d.rows))
	for _, e := range d.rows[:n] {
		lent := e.Clone()
		if d.bare {
			lent.Shares = nil
		}
		f(&lent)
		clear(lent.Key)
		clear(lent.Sum.Values)
	}
	d.rows = d.rows[n:]
	return len(d.rows) > 0
}

func (f *fake) Get(section, table string, key []byte, g func(*view.Entry)) (bool, error) {
	rows, ok := f.rows[section+" "+table]
	if !ok {
		return false, view.ErrGone
	}
	i := slices.IndexFunc(rows, func(e view.Entry) bool { return bytes.Equal(e.Key, key) })
	if i < 0 {
		return false, nil
	}
	e := rows[i].Clone()
	g(&e)
	return true, nil
}

func (f *fake) Trace(_, _ string, _ []byte) ([]view.Reach, error) {
	return []view.Reach{{Peer: "lb1", Known: true, Pushed: true, Acked: true}, {Peer: "lb2", Known: true, Pushed: true}}, nil
}

// act writes down what was asked for.
func (f *fake) act(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.deny == nil {
		f.done = append(f.done, fmt.Sprintf(format, args...))
	}
	return f.deny
}

func (f *fake) SetPeer(section, peer string, on bool) error {
	return f.act("peer %s/%s %v", section, peer, on)
}
func (f *fake) SetLogLevel(level string) error { return f.act("log %s", level) }
func (f *fake) Reload() (string, error)        { return "nothing has changed", f.act("reload") }
func (f *fake) Clear(section, table string, key []byte) (int, error) {
	return 1, f.act("clear %s %s %x", section, table, key)
}
func (f *fake) Ban(section, table string, key []byte, v view.Assignment, life time.Duration) error {
	return f.act("ban %s %s %x %s[%d]=%d %v", section, table, key, v.Type, v.Element, v.Value, life)
}
func (f *fake) Unban(section, table string, key []byte, of *view.Assignment) (int, error) {
	if of == nil {
		return 2, f.act("unban %s %s %x", section, table, key)
	}
	return 1, f.act("unban %s %s %x %s[%d]", section, table, key, of.Type, of.Element)
}
func (f *fake) Bans(section string) ([]view.Ban, error) { return f.bans, nil }

func ago(d time.Duration) time.Time { return noon.Add(-d) }

func addr(s string) []byte { return netip.MustParseAddr(s).AsSlice() }

// hostile is a key that tries what it can.
const hostile = "<script>alert(1)</script>\n\"';&\x1b[2J\xff"

// newFake is a section with a bit of everything: nodes up and down, a group, an aggregator above,
// every kind of column, and strings that strangers have chosen.
func newFake() *fake {
	rates := &stick.Schema{KeyType: stick.IPv4, KeyLen: 4, Expire: 600000, Columns: []stick.Column{
		{Type: stick.HTTPReqCnt, Len: 1}, {Type: stick.HTTPReqRate, Len: 1, Period: 60000}}}
	all := &stick.Schema{KeyType: stick.String, KeyLen: 65, Columns: []stick.Column{
		{Type: stick.ServerID, Len: 1}, {Type: stick.GPT0, Len: 1}, {Type: stick.ConnCur, Len: 1}, {Type: stick.BytesInCnt, Len: 1}, {Type: stick.ServerKey, Len: 1},
		{Type: stick.GPC, Len: 3}, {Type: stick.GPCRate, Len: 2, Period: 10000}}}
	bin := &stick.Schema{KeyType: stick.Binary, KeyLen: 4, Columns: []stick.Column{{Type: stick.ConnCur, Len: 1}}}
	f := &fake{now: noon, rows: map[string][]view.Entry{}}
	f.process = view.Process{Version: "1.0.0", Release: "2026/01/31", PID: 4711, Node: "agg1", Started: ago(time.Hour), Threads: 2, Tasks: 17, LogLevel: "info",
		RSS: 1 << 20, Counters: []view.Counter{{Name: "Tables", Value: 3}}}
	f.rows["data rates.agg"] = []view.Entry{
		{Schema: rates, Key: addr("192.0.2.1"), Sum: view.Share{Values: []uint64{7, 1000, 7, 0}, Life: 600000}, Shares: []view.Share{
			{Label: "lb1", Peer: "lb1", Source: "rates", Own: rates, Values: []uint64{3, 1000, 3, 0}, Life: 500000},
			{Label: "lb2(rates.v2)", Peer: "lb2", Source: "rates.v2", Own: rates, Values: []uint64{4, 1000, 4, 0}, Life: 600000, Group: "pair"},
			{Label: "lb3", Peer: "lb3", Source: "rates", Values: []uint64{4, 1000, 4, 0}, Life: 600000, Group: "pair", Standby: true},
			{Label: "lb4", Peer: "lb4", Source: "rates", Values: []uint64{9, 1000, 9, 0}, Expired: true}}},
		{Schema: rates, Key: addr("192.0.2.2"), Sum: view.Share{Values: []uint64{100, 0, 1, 0}, Life: stick.Forever}},
		{Schema: rates, Key: addr("192.0.2.3"), Sum: view.Share{Values: []uint64{5, 0, 50, 0}, Life: 1000}},
	}
	values := []uint64{uint64(uint32(0xfffffffd)), 4, 1, 1<<64 - 1, 10, 11, 12, 5000, 1, 4, 0, 0, 9}
	f.rows["data /all.agg"] = []view.Entry{
		{Schema: all, Key: []byte(hostile), Sum: view.Share{Values: values, Text: "srv<b>", Life: stick.Forever}, Shares: []view.Share{{Label: "lb1", Peer: "lb1", Values: values, Text: "srv<b>", Life: stick.Forever}}},
		{Schema: all, Key: []byte("plain"), Sum: view.Share{Values: values, Life: 20}},
		{Schema: all, Key: []byte{}, Sum: view.Share{Values: values, Life: 20}},
	}
	f.rows["data bin.agg"] = []view.Entry{{Schema: bin, Key: []byte{0xab, 0xcd, 0, 0}, Sum: view.Share{Values: []uint64{1}, Life: 5}}}
	f.sections = []view.Section{{
		ID: "data", Name: "agg", Addr: "0.0.0.0:10000", Rules: "from any to .agg", WarmAt: noon.Add(5 * time.Second), WarmHeard: 3, WarmExpected: 5, Binds: []string{"*:10001"}, MaxPeers: 64,
		Peers: []view.Peer{
			{Name: "lb1", Role: "node", Remote: "192.0.2.11:40000", Established: true, Minor: 1, PID: "812", LastStatus: 200, Handshake: ago(time.Minute), Changed: ago(time.Minute),
				TLS: "TLS 1.3", CertNames: []string{"lb1.example.com"}, LessonAsked: true, LessonDone: true, UpdatesIn: 1000, UpdatesOut: 500, BytesIn: 9000, BytesOut: 8000, Sessions: 2, Drops: 1,
				Teaching: view.Lesson{Running: true, Rows: 3, Total: 9},
				Lanes:    []view.Lane{{Name: "rates", Target: "rates.agg", Schema: rates, Shares: 1}}},
			{Name: "lb2", Role: "node", Group: "pair", Established: true, Handshake: ago(time.Second), Changed: ago(time.Second), Learning: view.Lesson{Running: true, Rows: 5},
				Lanes: []view.Lane{{Name: "rates.v2", Target: "rates.agg", Schema: rates, Shares: 1}}},
			{Name: "lb3", Role: "node", Group: "pair", Disabled: true, Changed: ago(time.Second), Lanes: []view.Lane{{Name: "rates", Target: "rates.agg", Schema: rates, Standby: true}}},
			{Name: "lb4", Role: "node", Handshake: ago(time.Hour), Changed: ago(time.Minute), LastStatus: 503, Drops: 4, ProtocolErrors: 1,
				Lanes: []view.Lane{{Name: "rates", Target: "rates.agg", Schema: rates, SetAside: "its key type differs"}},
				Error: &view.ProtocolError{Time: ago(time.Minute), Text: "varint too long"}},
			{Name: "top", Role: "up", Addr: "192.0.2.99:10000", Calling: true, Changed: ago(time.Hour)},
			{Name: "<img src=x onerror=alert(1)>", Role: "down", Dynamic: true, Changed: ago(time.Hour)},
		},
		Tables: []view.Table{
			{Target: "/all.agg", Sources: []string{"/all"}, Schema: all, Rows: 3, Shares: 1, Bytes: 300},
			{Target: "bin.agg", Sources: []string{"bin"}, Schema: bin, Rows: 1, Forwarded: true},
			{Target: "rates.agg", Sources: []string{"rates", "rates.v2"}, Schema: rates, Rows: 3, Shares: 4, Bytes: 900, Changes: 11, Update: 11, Used: 11, Lag: &view.Lag{P50: time.Millisecond, P99: 2500 * time.Microsecond},
				Receivers: []view.Receiver{{Peer: "lb1", Pushed: 11, Acked: 9, Schema: rates}, {Peer: "lb2", Pushed: 8, Acked: 8, NotTo: "its key type differs"}},
				Notes:     []string{"lb4: its key type differs"}, Leads: []view.Lead{{Group: "pair", Peer: "lb2"}}},
		}}}
	f.findings = []view.Finding{{Rule: "twin-missing", Severity: view.Error, Section: "data", Peer: "lb4", Table: "rates.agg", Text: "lb4 lacks rates.agg", Fix: "table rates.agg ...", Since: ago(time.Minute)},
		{Rule: "observing", Severity: view.Notice, Text: "a notice"}}
	f.bans = []view.Ban{{Table: "rates.agg", KeyType: stick.IPv4, Key: addr("192.0.2.9"), Value: view.Assignment{Type: stick.GPC, Element: 1, Value: 5}, Until: noon.Add(time.Hour), Idle: "no such column"}}
	f.samples = []view.Sample{{Section: "data", Table: "rates.agg", In: 100, Out: 200, Rows: 3, Bytes: 900, Lag: &view.Lag{P99: time.Millisecond}}}
	return f
}

// rig is a Server and what it looks at.
type rig struct {
	*Server
	fake *fake
	log  *lockedBuffer
	at   string // where it serves
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newRig(t testing.TB, change ...func(*Config)) *rig {
	t.Helper()
	r := &rig{fake: newFake(), log: &lockedBuffer{}}
	c := Config{Backend: r.fake, Meter: r.fake, Now: r.fake.Now, Log: slog.New(slog.NewTextHandler(r.log, nil))}
	for _, f := range change {
		f(&c)
	}
	r.Server = New(c)
	r.Use(Settings{Listen: "127.0.0.1:8404"})
	return r
}

// loopback is where requests of tests come in.
var loopback = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8404}

// ask makes a request as it would come in at loopback, without a connection.
func (r *rig) ask(method, target string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	return r.askAt(loopback, method, target, change...)
}

// askAt is ask at another address.
func (r *rig) askAt(bound net.Addr, method, target string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	q := httptest.NewRequest(method, target, nil)
	q.Host, q.RemoteAddr = "localhost:8404", "127.0.0.1:55555"
	for _, f := range change {
		f(q)
	}
	w := httptest.NewRecorder()
	r.handle(w, q, bound)
	return w
}

// body makes a request say something.
func body(kind, text string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Content-Type", kind)
		r.Body = http.NoBody
		if text != "" {
			r.Body = readCloser{strings.NewReader(text)}
		}
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// serve serves for real, at the address that it returns, until the test ends.
func (r *rig) serve(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := r.Serve(ctx, l); err != nil {
			t.Errorf("whoever ends the server gets no error: %v", err)
		}
	})
	t.Cleanup(func() {
		stop()
		serving.Wait()
	})
	r.at = l.Addr().String()
	return r.at
}

func (r *rig) address() string { return r.at }

// counter is the value of a counter.
func (r *rig) counter(t testing.TB, name string) int64 {
	t.Helper()
	for _, c := range r.Counters() {
		if c.Name == name {
			return c.Value
		}
	}
	t.Fatalf("there is no counter %s", name)
	return 0
}

// eventually waits for something that other goroutines do.
func eventually(t testing.TB, why string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !f(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(why)
		}
	}
}

var errDenied = errors.New("peer 'lb1' is busy")
