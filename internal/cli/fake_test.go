package cli

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// noon is when all transcripts are taken.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return noon.Add(-d) }

// fake is a program that stands still: what a test puts into its fields is what the CLI
// sees. Acting commands are written down.
type fake struct {
	process  view.Process
	sections []view.Section
	events   []view.Event
	rows     map[string][]view.Entry // by section and table
	reach    map[string][]view.Reach // the same: whichever key it is
	findings []view.Finding
	deny     error                 // what acting commands answer
	changed  string                // what a reload answers
	bans     map[string][]view.Ban // by section

	mu    sync.Mutex
	done  []string // acting commands, in words
	nexts int      // calls of Dump.Next
}

func (f *fake) Process() view.Process    { return f.process }
func (f *fake) Sections() []view.Section { return f.sections }
func (f *fake) Events() []view.Event     { return f.events }

type fakeDump struct {
	fake *fake
	rows []view.Entry
}

func (f *fake) Dump(section, table string) (view.Dump, error) {
	rows, ok := f.rows[section+" "+table]
	if !ok {
		return nil, view.ErrGone
	}
	return &fakeDump{f, rows}, nil
}

// Next gives entries that are overwritten as soon as f has returned, so that a test
// notices who keeps them.
func (d *fakeDump) Next(limit int, f func(*view.Entry)) bool {
	d.fake.mu.Lock()
	d.fake.nexts++
	d.fake.mu.Unlock()
	n := min(limit, len(d.rows))
	for _, e := range d.rows[:n] {
		lent := e.Clone()
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
	for i := range e.Shares { // the daemon knows whose they are
		s := &e.Shares[i]
		s.Peer, _, _ = strings.Cut(s.Label, "(")
		s.Source, s.Own = strings.TrimSuffix(table, ".sum"), e.Schema
	}
	g(&e)
	return true, nil
}

func (f *fake) Trace(section, table string, key []byte) ([]view.Reach, error) {
	return f.reach[section+" "+table], nil
}

func (f *fake) Findings() []view.Finding { return f.findings }

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
func (f *fake) Reload() (string, error)        { return f.changed, f.act("reload") }
func (f *fake) Clear(section, table string, key []byte) (int, error) {
	if key == nil {
		return 1, f.act("clear %s %s", section, table)
	}
	return 1, f.act("clear %s %s %x", section, table, key)
}
func (f *fake) Set(section, table string, key []byte, values []view.Assignment) error {
	return f.act("set %s %s %x %v", section, table, key, values)
}

func (f *fake) Ban(section, table string, key []byte, v view.Assignment, life time.Duration) error {
	return f.act("ban %s %s %x %v for %v", section, table, key, v, life)
}
func (f *fake) Unban(section, table string, key []byte, of *view.Assignment) (int, error) {
	return 1, f.act("unban %s %s %x %v %d", section, table, key, of.Type, of.Element)
}
func (f *fake) Bans(section string) ([]view.Ban, error) { return f.bans[section], nil }

var errTwoLines = errors.New("[ALERT] parsing [a.cfg:3] : no\n\n[ALERT] parsing [a.cfg:4] : no\x1b either")

// newFake is the examples of the vendor's two pages, and a section of everything else.
func newFake() *fake {
	f := &fake{rows: map[string][]view.Entry{}, reach: map[string][]view.Reach{}}
	f.process = view.Process{
		Version: "1.0.0", Release: "2026/01/31", PID: 4711, Node: "agg1", Started: ago(26*time.Hour + 61*time.Second),
		Threads: 2, Tasks: 17, LogLevel: "info", MaxConns: 1000, Conns: 5, CumConns: 9,
		Counters: []view.Counter{{Name: "MessagesTooLong", Value: 1}, {Name: "RowsEvicted", Value: 0}},
	}
	f.events = []view.Event{{Time: ago(time.Minute), Level: "notice", Text: "peer enterprise1 has come"}, {Time: ago(time.Second), Level: "warning", Text: "peer \"x\x1b[2J\nkey=1\" refused \x9b1m"}}
	f.findings = []view.Finding{
		{Rule: "twin-missing", Severity: view.Error, Section: "data", Peer: "lb\n2", Table: "/rates.agg", Text: "lb2 has no table /rates.agg, so it\ncannot read the sum",
			Fix: "table rates.agg type ip size 100k expire 10m store http_req_cnt\n  and \x1b another", Since: ago(137 * time.Second)},
		{Rule: "certificate", Severity: view.Warning, Text: "the certificate ends", Since: ago(time.Hour)},
	}
	f.changed = "peer lb\n3 is new in section data"
	f.sections = []view.Section{newer(), older(f), mixed(f)}
	f.bans = map[string][]view.Ban{"agg_example": {
		{Table: "in.aggr", KeyType: stick.IPv4, Key: addr("192.168.122.3"), Value: view.Assignment{Type: stick.HTTPReqCnt, Value: 100}, Until: noon.Add(61 * time.Second)},
		{Table: "in.aggr", KeyType: stick.IPv4, Key: addr("192.168.122.3"), Value: view.Assignment{Type: stick.HTTPReqRate, Value: 9}, Until: noon.Add(time.Hour)},
		{Table: "old.aggr", KeyType: stick.IPv6, Key: make([]byte, 16), Value: view.Assignment{Type: stick.GPT0, Value: 1}, Until: ago(time.Second), Idle: "no peer\nhas it"},
	}, "mixed": {
		{Table: "/all.sum", KeyType: stick.String, Key: []byte("a\n b"), Value: view.Assignment{Type: stick.GPC, Element: 2, Value: 7}, Until: noon.Add(25 * time.Hour)},
		{Table: "/all.sum", KeyType: stick.String, Key: []byte("a\n b"), Value: view.Assignment{Type: stick.ServerID, Value: 1<<32 - 3}, Until: noon.Add(time.Hour)},
		{Table: "bin.sum", KeyType: stick.Binary, Key: []byte{0xab, 0xcd, 0, 0}, Value: view.Assignment{Type: stick.ConnCur, Value: 2}, Until: noon.Add(time.Millisecond)},
	}}
	return f
}

// newer is the page of the newer product: one node, one table.
func newer() view.Section {
	rates := &stick.Schema{KeyType: stick.IPv4, KeyLen: 4, Expire: 600000, Columns: []stick.Column{
		{Type: stick.HTTPReqCnt, Len: 1}, {Type: stick.HTTPReqRate, Len: 1, Period: 60000}}}
	return view.Section{
		ID: "data", Name: "gpe", Addr: "0.0.0.0:10000", Rules: "from any to .agg", Warm: true,
		Peers: []view.Peer{{
			Name: "enterprise1", Role: "node", Addr: "192.168.50.41:10000", Remote: "192.168.50.41:41000", Established: true, Minor: 1,
			PID: "812", LastStatus: 200, Handshake: ago(137 * time.Second), Changed: ago(137 * time.Second), Accepts: 1,
			Accepted: ago(6080 * time.Millisecond), Connects: 1, Connected: ago(16086 * time.Millisecond),
			Heartbeat: noon.Add(time.Second), LessonAsked: true, LessonDone: true, HeartbeatsIn: 3, HeartbeatsOut: 2,
			MessagesIn: 20, MessagesOut: 21, UpdatesIn: 12, UpdatesOut: 13, BytesIn: 1400, BytesOut: 1500,
			Lanes: []view.Lane{{Name: "rates", Target: "rates.agg", Schema: rates, Shares: 1, LastGot: 12}},
		}},
		Tables: []view.Table{{
			Sources: []string{"rates"}, Target: "rates.agg", Schema: rates, Rows: 1, Update: 0x41f03e58, Used: 0x41f03e68,
			Receivers: []view.Receiver{{Peer: "enterprise1", Pushed: 0x41f03e58, Acked: 0x41f03a20, Synced: 0x41f03a30, NotTo: ""}, {Peer: "gone", Pushed: 1, Acked: 1, Synced: 1, NotTo: ""}},
		}},
	}
}

// older is the example of "show table" of the older product's page.
func older(f *fake) view.Section {
	in := &stick.Schema{KeyType: stick.IPv4, KeyLen: 4, Expire: 600000, Columns: []stick.Column{
		{Type: stick.HTTPReqCnt, Len: 1}, {Type: stick.HTTPReqRate, Len: 1, Period: 60000}}}
	f.rows["agg_example in.aggr"] = []view.Entry{
		{Schema: in, Key: addr("192.168.122.1"), Sum: view.Share{Values: []uint64{86747, 0, 75040, 0}, Life: 600000}, Shares: []view.Share{
			{Label: "buster1", Values: []uint64{62816, 0, 51107, 0}, Life: 533281},
			{Label: "buster2", Values: []uint64{5, 0, 5, 5}, Expired: true},
			{Label: "buster4", Values: []uint64{23931, 0, 23931, 0}, Life: 600000},
		}},
		{Schema: in, Key: addr("192.168.122.2"), Sum: view.Share{Values: []uint64{7, 30000, 0, 9}, Life: 1000}, Shares: []view.Share{
			{Label: "buster1", Values: []uint64{7, 30000, 0, 9}, Life: 1000},
		}},
		{Schema: in, Key: addr("192.168.122.3"), Sum: view.Share{Values: []uint64{100, 0, 3, 0}, Life: stick.Forever}, Shares: nil},
	}
	peers := make([]view.Peer, 2)
	for i := range peers {
		peers[i] = view.Peer{Name: fmt.Sprintf("buster%d", i+1), Role: "node", Changed: ago(time.Hour)}
	}
	peers[0].Disabled = true
	peers[1].LastStatus, peers[1].Handshake, peers[1].Drops = 503, ago(2*time.Hour), 4
	return view.Section{ID: "agg_example", Name: "AGGR", Rules: "from any to .aggr", WarmAt: noon.Add(7 * time.Second), Peers: peers, Tables: []view.Table{
		{Sources: []string{"in"}, Target: "in.aggr", Schema: in, Rows: 3}}}
}

// mixed has every kind of column and of key, two tables whose names differ by a slash,
// and a peer that tries what it can.
func mixed(f *fake) view.Section {
	all := &stick.Schema{KeyType: stick.String, KeyLen: 33, Columns: []stick.Column{
		{Type: stick.ServerID, Len: 1}, {Type: stick.GPT0, Len: 1}, {Type: stick.BytesInCnt, Len: 1}, {Type: stick.ServerKey, Len: 1},
		{Type: stick.GPC, Len: 3}, {Type: stick.GPCRate, Len: 2, Period: 10000}}}
	values := func(id int32, in uint64) []uint64 {
		return []uint64{uint64(uint32(id)), 4, in, 10, 11, 12, 5000, 1, 4, 0, 0, 9}
	}
	evil := "key=1\n\nforged: \"x\"; 'y'<b>\xff\x00,"
	f.rows["mixed /all.sum"] = []view.Entry{
		{Schema: all, Key: []byte("plain"), Sum: view.Share{Values: values(-3, 1<<64-1), Text: "srv 1", Life: stick.Forever},
			Deciders: []string{"lb1(web.v2)", "", "", "lb\n1", "", "", "", "", ""},
			Shares:   []view.Share{{Label: "lb1(web.v2)", Values: values(-3, 1<<64-1), Text: "srv 1", Life: stick.Forever}}},
		{Schema: all, Key: []byte(evil[:len(evil)-2]), Sum: view.Share{Values: values(2, 5), Life: 20},
			Shares: []view.Share{{Label: "lb\n1", Values: values(2, 5), Text: "\x1b]0;x\x07", Life: 20}}},
		{Schema: all, Key: []byte(""), Sum: view.Share{Values: values(1, 0), Life: 20}, Shares: nil},
	}
	key6, num, bin := *all, *all, *all
	key6.KeyType, num.KeyType, bin.KeyType, bin.KeyLen = stick.IPv6, stick.Integer, stick.Binary, 4
	one := []stick.Column{{Type: stick.ConnCur, Len: 1}}
	key6.Columns, num.Columns, bin.Columns = one, one, one
	sum := view.Share{Values: []uint64{1}, Life: 5}
	six := netip.MustParseAddr("2001:db8::1").As16()
	f.rows["mixed six.sum"] = []view.Entry{{Schema: &key6, Key: six[:], Sum: sum, Shares: nil}}
	f.rows["mixed num.sum"] = []view.Entry{{Schema: &num, Key: binary.BigEndian.AppendUint32(nil, 4294967295), Sum: sum, Shares: nil}}
	f.rows["mixed /num.sum"] = []view.Entry{{Schema: &num, Key: binary.BigEndian.AppendUint32(nil, 7), Sum: sum, Shares: nil}}
	f.rows["mixed bin.sum"] = []view.Entry{{Schema: &bin, Key: []byte{0xab, 0xcd, 0, 0}, Sum: sum, Shares: nil}}
	return view.Section{ID: "mixed", Name: "mid", Addr: "127.0.0.1:9", Rules: "from any to .sum; forward .agg", Warm: true, Observe: true,
		Peers: []view.Peer{
			{Name: "top1", Role: "up", Group: "g1", Addr: "192.0.2.9:10000", Calling: true, Reconnect: noon.Add(3 * time.Second)},
			{Name: "below", Role: "down", Changed: ago(time.Minute)},
			{Name: evil, Role: "node", Dynamic: true, ProtocolErrors: 3, Changed: ago(90 * time.Minute),
				Lanes: []view.Lane{{Name: "all\n", Target: "/all.sum", Schema: all, SetAside: "keys are\nstrings"}},
				Error: &view.ProtocolError{Time: ago(time.Hour), Text: "varint of a \"key\n\" too long", At: 1234, Offset: 17, Bytes: []byte("\x0a\x80\x12abc\n; \"def\" ghij\xf0\xff")}},
		},
		Tables: []view.Table{
			{Sources: []string{"/all", "/all.v2"}, Target: "/all.sum", Schema: all, Rows: 3, Receivers: []view.Receiver{
				{Peer: "top1", Withheld: 1}, {Peer: "below", Withheld: 1200, Agree: 255, Differ: 1}, {Peer: evil, NotTo: "it has no\nsuch table"}, {Peer: "gone"}}, Notes: []string{"lb1 has gpc(3), lb\n2 has gpc(2)"}},
			{Sources: []string{"bin"}, Target: "bin.sum", Schema: &bin, Rows: 1},
			{Sources: []string{"num"}, Target: "num.sum", Schema: &num, Rows: 1},
			{Sources: []string{"/num"}, Target: "/num.sum", Schema: &num, Rows: 1},
			{Sources: []string{"six"}, Target: "six.sum", Schema: &key6, Rows: 1},
		}}
}

func addr(s string) []byte { return netip.MustParseAddr(s).AsSlice() }
