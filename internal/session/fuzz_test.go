package session

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// FuzzSession drives a session with any sequence of bytes, times and calls, and holds it
// to what is true of every session: see witness.
func FuzzSession(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(program(seed))
	}
	f.Fuzz(func(t *testing.T, p []byte) { runProgram(t, p) })
}

// TestRandomSessions is the same without a fuzzer.
func TestRandomSessions(t *testing.T) {
	for seed := range uint64(400) {
		runProgram(t, program(seed))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func program(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	p := make([]byte, 50+r.IntN(400))
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

// runProgram reads a program: options, then one or two bytes a step.
func runProgram(t *testing.T, p []byte) {
	next := func() byte {
		if len(p) == 0 {
			return 0
		}
		c := p[0]
		p = p[1:]
		return c
	}
	var memory Memory
	now := time.Unix(1_000_000, 0)
	for range 3 { // sessions of one peer
		w := newWitness(t, now, &memory, next())
		for steps := 0; len(p) > 0 && steps < 200; steps++ {
			if c := next(); c == 0xff {
				break // the connection is lost
			} else {
				w.step(c, next)
			}
		}
		w.finish()
		now = w.now.Add(time.Duration(next()) * 50 * time.Millisecond)
	}
}

// witness drives one session and keeps its own, independent book of what was said.
//
//   - Deadline lies behind every time that the session was told, so no loop spins.
//   - I6: an ack names an update that was received in this session, for that table, outside
//     a lesson, and whose values had been applied.
//   - Every FINISHED or PARTIAL is confirmed once, and nothing else is.
//   - No lesson is asked for while one is outstanding; Begin and End take turns.
//   - Nothing is pushed while the peer's request waits for its answer.
//   - All output is sound for wire's strict decoder, and one Append gives little.
type witness struct {
	t       *testing.T
	s       *Session
	now     time.Time
	calling bool
	ear     *ear
	unread  []byte // by the session
	waiting []byte // said by the peer, to come in pieces
	greeted bool   // the status has been said (ours) or read (the peer's)

	// Of what the session has consumed.
	names    map[uint32]string // tables by the peer's ids
	schemas  map[string]*stick.Schema
	selected string
	last     map[string]uint32
	outside  map[string]map[uint32]bool // ids received outside lessons
	answers  int
	request  bool // the peer's is open

	// Of what the session has said.
	confirms int
	learning bool // between request and confirm
	asked    bool // between request and answer

	applied, taken int // rows
	began          bool
	ids            uint32 // of rows that the sink gives
	taught         int    // rows of the lesson left
	push           int    // rows to push
}

func newWitness(t *testing.T, now time.Time, m *Memory, options byte) *witness {
	w := &witness{t: t, now: now, calling: options&1 != 0, names: map[uint32]string{}, schemas: map[string]*stick.Schema{},
		last: map[string]uint32{}, outside: map[string]map[uint32]bool{}}
	w.ear = &ear{greeting: true, calling: w.calling}
	w.s = New(now, Config{Hello: wire.Hello{Minor: int(options >> 1 & 1), Called: "a", Caller: "b", PID: string('0' + options>>6)},
		Calling: w.calling, Silence: 10 * time.Second, Patient: options&4 != 0, Restore: options&8 != 0,
		Memory: m, Source: w, Sink: w})
	w.greeted = !w.calling
	w.checkDeadline()
	return w
}

func (w *witness) fail(format string, args ...any) {
	w.t.Helper()
	w.t.Errorf(format, args...)
}

func (w *witness) checkDeadline() {
	if d := w.s.Deadline(); !d.After(w.now) {
		w.fail("Deadline %v is not later than %v", d, w.now)
	}
}

// step does one thing. Half of the steps are messages that a peer might send, so that
// programs get somewhere.
func (w *witness) step(c byte, next func() byte) {
	switch c % 16 {
	case 0:
		w.now = w.now.Add(time.Duration(next()) * 10 * time.Millisecond)
		w.s.Advance(w.now)
	case 1:
		w.now = w.s.Deadline()
		w.s.Advance(w.now)
	case 2:
		w.s.Nudge(w.now)
	case 3:
		w.s.Relearn(w.now)
	case 4, 5, 6:
		w.append()
	case 7:
		w.push += int(next())
	case 8: // anything at all
		w.waiting = append(w.waiting, next(), next())
		w.receive(len(w.waiting))
	case 9: // in pieces
		w.waiting = w.message(w.waiting, next())
		w.receive(1 + int(next())%8)
	default:
		w.waiting = w.message(w.waiting, next())
		if c&0x80 != 0 {
			w.receive(len(w.waiting))
		}
	}
	w.checkDeadline()
}

// message appends a message that a peer might send.
func (w *witness) message(b []byte, c byte) []byte {
	if w.calling && !w.greeted && c < 200 {
		w.greeted = true
		return append(b, "200\n"...)
	}
	id := uint32(c>>4) % 3
	s := &stick.Schema{Name: string('x' + rune(c>>6)), KeyType: stick.IPv4, KeyLen: 4, Expire: 1000 * id,
		Columns: []stick.Column{{Type: stick.GPC0, Len: 1}, {Type: stick.ServerKey, Len: 1}}}
	key := []byte{1, 2, 3, c}
	switch c % 12 {
	case 0, 1:
		return wire.AppendDefinition(b, id, s)
	case 2, 3, 4, 5:
		payload := binary.BigEndian.AppendUint32(nil, uint32(c>>4)-3) // around the wrap
		return appendStick(b, wire.UpdateFull, append(append(payload, key...), 5, 0))
	case 6, 7:
		return appendStick(b, wire.UpdateIncremental, append(key, c%240, 3, 1, 1, 'a'))
	case 8:
		return wire.AppendControl(b, c>>4%5)
	case 9:
		return wire.AppendControl(b, wire.ResyncFinished)
	case 10:
		return wire.AppendAck(b, id, uint32(c))
	}
	return wire.AppendSwitch(b, id)
}

func appendStick(b []byte, typ byte, payload []byte) []byte {
	return append(append(b, wire.ClassStick, typ, byte(len(payload))), payload...)
}

// receive gives the session n bytes more of what is waiting.
func (w *witness) receive(n int) {
	n = min(n, len(w.waiting))
	w.unread = append(w.unread, w.waiting[:n]...)
	w.waiting = w.waiting[n:]
	was := w.s.Established()
	buf := bytes.Clone(w.unread)
	before := w.applied
	used, err := w.s.Receive(w.now, buf)
	if used < 0 || used > len(buf) {
		w.fail("%d bytes used of %d", used, len(buf))
		return
	}
	if (err != nil) != (w.s.Err() != nil) {
		w.fail("Receive says %v, Err says %v", err, w.s.Err())
	}
	took := buf[:used]
	if w.calling && !was {
		took = took[bytes.IndexByte(took, '\n')+1:] // the status
	}
	taken := w.taken
	if err == nil || used > 0 {
		w.read(took)
	}
	if w.applied-before != w.taken-taken {
		w.fail("%d rows were applied when Receive returned, not %d", w.applied-before, w.taken-taken)
	}
	for i := range buf { // nothing of it may be kept
		buf[i] = 0xee
	}
	w.unread = w.unread[used:]
}

// read keeps book of whole messages.
func (w *witness) read(b []byte) {
	for len(b) > 0 {
		m, n, err := wire.Next(b)
		if err != nil {
			w.fail("the session has used what is no message: % x", b)
			return
		}
		b = b[n:]
		switch {
		case m.Class == wire.ClassControl:
			w.readControl(m.Type)
		case m.Class == wire.ClassStick:
			w.readStick(m)
		}
	}
}

func (w *witness) readControl(typ byte) {
	switch typ {
	case wire.ResyncRequest:
		w.request = true
	case wire.ResyncFinished, wire.ResyncPartial:
		w.answers++
		w.asked = false
	}
}

func (w *witness) readStick(m wire.Message) {
	switch m.Type {
	case wire.Definition:
		s := new(stick.Schema)
		id, err := wire.ParseDefinition(m.Payload, s)
		for old, name := range w.names {
			if old == id || name == s.Name {
				delete(w.names, old)
			}
		}
		if w.selected = ""; err == nil {
			w.names[id], w.schemas[s.Name], w.selected = s.Name, s, s.Name
		}
	case wire.Switch:
		id, _ := wire.ParseSwitch(m.Payload)
		w.selected = w.names[id]
	case wire.UpdateFull, wire.UpdateIncremental, wire.UpdateTimed, wire.UpdateIncrementalTimed:
		w.readUpdate(m)
	}
}

func (w *witness) readUpdate(m wire.Message) {
	name := w.selected
	if name == "" {
		return
	}
	id := w.last[name] + 1
	if m.Type == wire.UpdateFull || m.Type == wire.UpdateTimed {
		id = binary.BigEndian.Uint32(m.Payload)
	}
	w.last[name] = id
	if name == "z" {
		return // refused
	}
	w.taken++
	if !w.learning {
		if w.outside[name] == nil {
			w.outside[name] = map[uint32]bool{}
		}
		w.outside[name][id] = true
	}
}

// append lets the session say something, and keeps book of it.
func (w *witness) append() int {
	b := w.s.Append(w.now, []byte("before"))
	w.checkDeadline()
	if string(b[:6]) != "before" {
		w.fail("Append has changed what was there")
	}
	b = b[6:]
	if len(b) > maxOutput+4096 {
		w.fail("one Append gave %d bytes", len(b))
	}
	rest := b
	for len(rest) > 0 {
		word, n, err := w.ear.word(rest)
		if err != nil {
			w.fail("what was said is not sound: %v: % x", err, rest)
			return 0
		}
		rest = rest[n:]
		w.said(word)
	}
	return len(b)
}

func (w *witness) said(word string) {
	var table, id uint32
	switch {
	case word == "request":
		if w.asked || w.learning {
			w.fail("a lesson was asked for while one was outstanding")
		}
		w.asked, w.learning = true, true
	case word == "confirm":
		if w.confirms++; w.confirms > w.answers {
			w.fail("%d confirms of %d answers", w.confirms, w.answers)
		}
		if !w.asked {
			w.learning = false
		}
	case word == "finished" || word == "partial":
		if !w.request {
			w.fail("%s, and nobody had asked", word)
		}
		w.request = false
	case w.isPush(word) && w.request:
		w.fail("%s while the peer waits for its lesson", word)
	}
	if n, _ := fmt.Sscanf(word, "ack %d %d", &table, &id); n == 2 {
		if name := w.names[table]; !w.outside[name][id] || w.learning {
			w.fail("dishonest ack of table %d (%q), update %d; in a lesson: %v", table, name, id, w.learning)
		}
	}
}

// isPush: rows that are pushed have a key of their own.
func (w *witness) isPush(word string) bool { return strings.Contains(word, " push") }

// finish lets the session say everything and closes the book.
func (w *witness) finish() {
	for w.append() > 0 {
		w.push = 0
	}
	if w.s.Err() == nil && w.s.Established() && w.confirms != w.answers {
		w.fail("%d confirms of %d answers", w.confirms, w.answers)
	}
	w.s.Advance(w.now.Add(time.Hour))
	w.now = w.now.Add(time.Hour)
	w.checkDeadline()
}

// As Source.

func (w *witness) Define(_ time.Time, s *stick.Schema) (Lane, error) {
	if s.Name == "z" {
		return 0, fmt.Errorf("not wanted")
	}
	return Lane(s.Name[0]), nil
}

func (w *witness) Apply(_ time.Time, _ Lane, rows []stick.Row, how How) int {
	if len(rows) == 0 || len(rows) > maxRows {
		w.fail("%d rows at once", len(rows))
	}
	if (how&InLesson != 0) != w.learning {
		w.fail("rows are in a lesson: %v, but it is %v", how&InLesson != 0, w.learning)
	}
	w.applied += len(rows)
	for _, r := range rows {
		if len(r.Key) != 4 || len(r.Values) != 1 {
			w.fail("row %v is not one of its schema", r)
		}
		if r.Replay && how&InLesson != 0 {
			w.fail("a replay in a lesson")
		}
	}
	return len(rows) / 2
}

func (w *witness) Begin(time.Time) {
	if w.began {
		w.fail("a lesson begins in a lesson")
	}
	w.began = true
}

func (w *witness) End(_ time.Time, drop, complete bool) {
	if !w.began {
		w.fail("a lesson ends that has not begun")
	}
	if w.began = false; drop && !complete {
		w.fail("a lesson drops what it did not mention and is not complete")
	}
}

// As Sink: rows to be taught have a key of 1000 times 't', rows to be pushed the key 'push'.

var sums = &stick.Schema{Name: "sums", KeyType: stick.String, KeyLen: 1025, Expire: 1000, Columns: []stick.Column{{Type: stick.GPC0, Len: 1}}}

func (w *witness) Pull(_ time.Time, b *wire.Batch) bool {
	from, key := &w.push, []byte("push")
	if w.taught > 0 {
		from, key = &w.taught, bytes.Repeat([]byte("t"), 1000)
	}
	if *from == 0 {
		return false
	}
	b.Table, b.Schema = 1, sums
	for ; *from > 0 && len(b.Buf) < b.Limit; *from-- {
		w.ids++
		b.Buf = wire.AppendUpdate(b.Buf, w.ids, b.Timed, sums, &stick.Row{Key: key, Values: []uint64{7}, Life: 500}, b.Dict)
	}
	return true
}

func (w *witness) Teach(_ time.Time, restore bool) {
	if !w.request {
		w.fail("a lesson is given that nobody has asked for")
	}
	if w.s.c.Patient && restore && !w.s.pupil.ended {
		w.fail("restored before the peer's own lesson has ended")
	}
	w.taught = 100 // more than one Append holds
}

func (w *witness) Taught(time.Time) (done, restored, finished bool) {
	return w.taught == 0, w.ids%2 == 0, w.ids%3 == 0
}

func (w *witness) Acked(uint32, uint32) {}
func (w *witness) Confirmed()           {}

func (w *witness) Resume() {
	if w.calling {
		w.fail("nobody knows which process answers a call")
	}
}
