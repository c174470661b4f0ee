package session

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// mute is a Source and a Sink that take everything and have nothing to say.
type mute struct {
	refuses          bool
	defined, applied int
	largest          int // batch
	run              []byte
	schema           *stick.Schema
	runs             int // left
}

func (m *mute) Define(time.Time, *stick.Schema) (Lane, error) {
	if m.defined++; m.refuses {
		return 0, errors.New("not wanted")
	}
	return 0, nil
}

func (m *mute) Apply(_ time.Time, _ Lane, rows []stick.Row, _ How) int {
	m.applied += len(rows)
	m.largest = max(m.largest, len(rows))
	return 0
}
func (m *mute) Begin(time.Time)           {}
func (m *mute) End(time.Time, bool, bool) {}
func (m *mute) Teach(time.Time, bool)     {}
func (m *mute) Taught(time.Time) (done, restored, finished bool) {
	return true, false, true
}
func (m *mute) Acked(uint32, uint32) {}
func (m *mute) Confirmed()           {}
func (m *mute) Resume()              {}

func (m *mute) Pull(_ time.Time, b *wire.Batch) bool {
	if m.runs == 0 {
		return false
	}
	m.runs--
	b.Table, b.Schema, b.Buf = 1, m.schema, append(b.Buf, m.run...)
	return true
}

var pushed = &stick.Schema{Name: "sum", KeyType: stick.IPv4, KeyLen: 4, Expire: 1000, Columns: []stick.Column{{Type: stick.GPC0, Len: 1}}}

var start = time.Unix(1_000_000, 0)

// open returns a session whose handshake and first lesson are over.
func openSession(tb testing.TB, m *mute) *Session {
	tb.Helper()
	s := New(start, Config{Hello: wire.Hello{Minor: 1, Called: "agg", Caller: "lb1", PID: "1"}, Patient: true,
		Memory: &Memory{}, Source: m, Sink: m})
	s.Append(start, nil)
	receive(tb, s, wire.AppendControl(nil, wire.ResyncFinished))
	s.Append(start, nil)
	return s
}

func receive(tb testing.TB, s *Session, b []byte) {
	tb.Helper()
	if n, err := s.Receive(start, b); n != len(b) || err != nil {
		tb.Fatalf("%d of %d bytes taken, %v", n, len(b), err)
	}
}

// stream is what a peer sends: a definition, then n updates of which the first has an id.
func stream(tb testing.TB, n int) []byte {
	v := newVoice(tb)
	b := v.say(nil, "define 1 web ip conn_cnt,http_req_rate(10s),bytes_in_cnt 10m | update 1 192.0.2.1 300,100,5,6,70000")
	for range n - 1 {
		b = v.say(b, "next 192.0.2.1 300,100,5,6,70000")
	}
	return b
}

// TestNoAllocations: an update costs no memory, nor does its ack, in or out.
func TestNoAllocations(t *testing.T) {
	m := &mute{schema: pushed}
	m.run = wire.AppendUpdate(nil, 1, true, pushed, &stick.Row{Key: []byte{1, 2, 3, 4}, Values: []uint64{7}}, nil)
	s := openSession(t, m)
	in, out := stream(t, 1000), make([]byte, 0, 1<<20)
	round := func() {
		receive(t, s, in)
		m.runs = 100
		out = s.Append(start, out[:0])
	}
	round()
	if n := testing.AllocsPerRun(100, round); n != 0 {
		t.Errorf("1000 updates in and 100 out cost %v allocations", n)
	}
	if m.largest != maxRows {
		t.Errorf("updates of one table should come %d at a time, came %d", maxRows, m.largest)
	}
	s = openSession(t, &mute{refuses: true})
	refused := func() { receive(t, s, in) }
	refused()
	if n := testing.AllocsPerRun(100, refused); n != 0 {
		t.Errorf("1000 updates of a table that nobody wants cost %v allocations", n)
	}
}

func BenchmarkReceive(b *testing.B) {
	m := &mute{}
	s := openSession(b, m)
	in, out := stream(b, 1000), make([]byte, 0, 1<<20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Receive(start, in); err != nil {
			b.Fatal(err)
		}
		out = s.Append(start, out[:0])
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/update")
}

// TestPieces: where the stream is cut makes no difference.
func TestPieces(t *testing.T) {
	in := stream(t, 50)
	for _, size := range []int{1, 2, 3, 7, 64} {
		m := &mute{}
		s := openSession(t, m)
		var unread []byte
		for piece := in; len(piece) > 0; {
			n := min(size, len(piece))
			unread, piece = append(unread, piece[:n]...), piece[n:]
			n, err := s.Receive(start, unread)
			if err != nil {
				t.Fatal(err)
			}
			unread = bytes.Clone(unread[n:])
		}
		if m.applied != 50 || len(unread) != 0 {
			t.Errorf("in pieces of %d bytes %d of 50 rows came, %d bytes are left", size, m.applied, len(unread))
		}
		if got := s.Stats().BytesIn; got != uint64(len(in)+2) {
			t.Errorf("bytes that come twice are counted once: %d, not %d", got, len(in)+2)
		}
	}
}

// TestBounds: a peer cannot make a session grow.
func TestBounds(t *testing.T) {
	t.Run("tables", func(t *testing.T) {
		m := &mute{}
		s := openSession(t, m)
		v := newVoice(t)
		for i := range 2 * maxTables {
			receive(t, s, v.say(nil, fmt.Sprintf("define %d t%d ip gpc0 | update 1 192.0.2.1 1", i, i)))
		}
		s.Append(start, nil)
		if m.defined != maxTables || m.applied != maxTables {
			t.Errorf("%d tables and %d rows were taken, not %d", m.defined, m.applied, maxTables)
		}
		if got := s.Stats().TablesRefused; got != maxTables {
			t.Errorf("%d tables were counted as refused, not %d", got, maxTables)
		}
		if len(s.byID) > maxTables || len(s.byName) > maxTables || len(s.c.Memory.places) > maxTables {
			t.Errorf("kept: %d ids, %d names, %d places", len(s.byID), len(s.byName), len(s.c.Memory.places))
		}
	})
	t.Run("names", func(t *testing.T) {
		m := &mute{}
		s := openSession(t, m)
		receive(t, s, newVoice(t).say(nil, "define 1 "+strings.Repeat("x", maxName)+" ip gpc0"))
		receive(t, s, newVoice(t).say(nil, "define 1 "+strings.Repeat("x", maxName+1)+" ip gpc0 | update 1 192.0.2.1 1"))
		if m.defined != 1 || m.applied != 0 || s.Stats().Ignored != 1 {
			t.Errorf("a name of %d bytes is taken, a longer one is not: %d defined, %d rows", maxName, m.defined, m.applied)
		}
	})
	t.Run("definitions", func(t *testing.T) {
		m := &mute{}
		s := openSession(t, m)
		payload := append([]byte{1, 1, 'w', 4, 4, 4, 0}, make([]byte, 60000)...)
		long := append(wire.AppendVarint([]byte{wire.ClassStick, wire.Definition}, uint64(len(payload))), payload...)
		receive(t, s, append(long, long...))
		if m.defined != 1 {
			t.Errorf("the same definition with 60000 bytes behind its end is the same still: defined %d times", m.defined)
		}
		if kept := len(s.byID[1].payload); kept > maxPayload {
			t.Errorf("%d bytes of it are kept", kept)
		}
	})
	t.Run("confirms", func(t *testing.T) {
		s := openSession(t, &mute{})
		receive(t, s, bytes.Repeat([]byte{0, wire.ResyncFinished}, 100_000))
		n, out := 0, 0
		for b := s.Append(start, nil); len(b) > 0; b = s.Append(start, b[:0]) {
			n, out = n+1, out+len(b)
			if len(b) > maxOutput+2 {
				t.Errorf("one Append gave %d bytes", len(b))
			}
		}
		if out != 200_000 {
			t.Errorf("every answer is confirmed: %d bytes said in %d writes", out, n)
		}
	})
	t.Run("output", func(t *testing.T) {
		m := &mute{schema: pushed, runs: 1 << 30}
		m.run = wire.AppendUpdate(nil, 1, true, pushed, &stick.Row{Key: []byte{1, 2, 3, 4}, Values: []uint64{7}}, nil)
		s := openSession(t, m)
		if n := len(s.Append(start, nil)); n < maxOutput || n > maxOutput+len(m.run) {
			t.Errorf("one Append of much gave %d bytes", n)
		}
	})
}

// TestUnsoundRun: a bug in the Sink ends the session, before a byte of it is said.
func TestUnsoundRun(t *testing.T) {
	m := &mute{schema: pushed, runs: 1, run: []byte{wire.ClassStick, wire.UpdateFull, 9, 1}}
	s := New(start, Config{Hello: wire.Hello{PID: "1"}, Memory: &Memory{}, Source: m, Sink: m})
	if b := s.Append(start, nil); string(b) != "200\n\x00\x00" || s.Err() == nil {
		t.Errorf("said %q, and goes on: %v", b, s.Err())
	}
}

// TestError: the error of a malformed message can be taken apart.
func TestError(t *testing.T) {
	s := openSession(t, &mute{})
	bad := append([]byte{wire.ClassStick, wire.Definition, 100, 1, 200}, make([]byte, 98)...)
	_, err := s.Receive(start, append([]byte{0, wire.Heartbeat}, bad...))
	var fault *Error
	if !errors.As(err, &fault) {
		t.Fatalf("%v is no *Error", err)
	}
	if fault.Offset != 4+5 || fault.At != 5 {
		t.Errorf("the name is said to be 200 bytes, and begins at byte 5 of the message and 9 of the session; got %d and %d", fault.At, fault.Offset)
	}
	if !bytes.Equal(fault.Message, bad[:shownBytes]) {
		t.Errorf("the first %d bytes of the message are kept, got % x", shownBytes, fault.Message)
	}
	if s.Established() || !errors.Is(s.Err(), err) {
		t.Error("the session is over, and Err says why")
	}
}

// TestStats: observers see what happens.
func TestStats(t *testing.T) {
	m := &mute{schema: pushed}
	m.run = wire.AppendUpdate(nil, 1, true, pushed, &stick.Row{Key: []byte{1, 2, 3, 4}, Values: []uint64{7}}, nil)
	s := openSession(t, m)
	m.runs = 2
	receive(t, s, stream(t, 10))
	receive(t, s, newVoice(t).say(nil, "heartbeat | request | ack 1 1 | confirm | error 0 | hex 0501"))
	out := s.Append(start.Add(time.Second), nil)
	st := s.Stats()
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"the session is established", st.Phase, "established"},
		{"no lesson of ours is outstanding", st.Pupil, "idle"},
		{"the peer has been answered and has not confirmed", st.Teacher, "answered"},
		{"a process that is met for the first time is another one", st.Process, "another"},
		{"a node that asks is guarded", st.Guarded, true},
		{"2.1", st.Minor, 1},
		{"rows in", st.UpdatesIn, uint64(10)},
		{"rows applied", st.Applied, uint64(10)},
		{"rows pushed", st.UpdatesOut, uint64(2)},
		{"one ack for ten rows", st.AcksOut, uint64(1)},
		{"the peer's ack came while it was not being taught", st.AcksIgnored, uint64(0)},
		{"a confirm that nobody waits for", st.UnaskedIn, uint64(1)},
		{"our request", st.LessonsAsked, uint64(1)},
		{"its answer", st.FinishedIn, uint64(1)},
		{"our confirm", st.ConfirmsOut, uint64(1)},
		{"its request", st.RequestsIn, uint64(1)},
		{"our answer", st.FinishedOut, uint64(1)},
		{"a complaint", st.Complaints, uint64(1)},
		{"an unknown message", st.Unknown, uint64(1)},
		{"a heartbeat", st.HeartbeatsIn, uint64(1)},
		{"finished, definition, 10 updates, 6 others", st.MessagesIn, uint64(1 + 11 + 6)},
		{"request, confirm, ack, finished, definition, 2 updates", st.MessagesOut, uint64(7)},
		{"bytes out", st.BytesOut, uint64(len("200\n") + 2 + 2 + len(out))},
		{"when it last spoke", st.LastSent, start.Add(time.Second)},
		{"when the peer last spoke", st.LastReceived, start},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %v, want %v", c.what, c.got, c.want)
		}
	}
}

// TestAbstain: a node's request waits for its own lesson, unless there is nothing to tell it.
func TestAbstain(t *testing.T) {
	for _, abstains := range []bool{false, true} {
		s := New(start, Config{Hello: wire.Hello{Minor: 1, Called: "agg", Caller: "lb1", PID: "1"}, Patient: true,
			Memory: &Memory{}, Source: &mute{}, Sink: &mute{}})
		s.Abstain(abstains)
		s.Append(start, nil)
		receive(t, s, wire.AppendControl(nil, wire.ResyncRequest))
		s.Append(start, nil)
		if answered := s.Stats().FinishedOut == 1; answered != abstains {
			t.Errorf("abstains %v: answered before its own lesson has ended: %v", abstains, answered)
		}
		s.Abstain(true)
		s.Append(start, nil)
		if s.Stats().FinishedOut != 1 {
			t.Error("whoever waits when that changes is answered, once")
		}
	}
}
