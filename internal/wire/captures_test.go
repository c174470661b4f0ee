package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tallystick/internal/stick"
)

// line is one line of a capture: who said which bytes, and how another decoder reads it.
type line struct {
	at    string // file:line
	from  byte   // '<' HAProxy, '>' the test peer, 's' for the start of a session
	bytes []byte
	text  string
}

// readCaptures returns the lines of every file of testdata/captures, file by file.
func readCaptures(t testing.TB) map[string][]line {
	t.Helper()
	files, err := filepath.Glob("testdata/captures/*.txt")
	if err != nil || len(files) < 29 {
		t.Fatalf("%d captures, %v: some are missing", len(files), err)
	}
	all := map[string][]line{}
	for _, name := range files {
		all[filepath.Base(name)] = readCapture(t, name)
	}
	return all
}

func readCapture(t testing.TB, name string) (lines []line) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	scan := bufio.NewScanner(f)
	for n := 1; scan.Scan(); n++ {
		at := fmt.Sprintf("%s:%d", filepath.Base(name), n)
		switch head, text, _ := strings.Cut(scan.Text(), " ; "); {
		case strings.HasPrefix(head, "< "), strings.HasPrefix(head, "> "):
			lines = append(lines, line{at, head[0], unhex(t, head[2:]), text})
		case head == "session":
			lines = append(lines, line{at: at, from: 's'})
		}
	}
	return lines
}

// receiver is one direction of a session as a test needs it: what was defined, what was
// last, both dictionaries.
type receiver struct {
	schemas map[uint32]*stick.Schema
	last    map[uint32]uint32
	table   uint32
	in      InDictionary
	out     OutDictionary
}

func newReceiver() *receiver {
	return &receiver{schemas: map[uint32]*stick.Schema{}, last: map[uint32]uint32{}}
}

// play decodes m, tells what it says, and encodes that again.
func (r *receiver) play(m Message) (text string, again []byte, err error) {
	switch {
	case m.Class != ClassStick:
		return "", []byte{m.Class, m.Type}, nil
	case m.Type == Definition:
		s := new(stick.Schema)
		id, err := ParseDefinition(m.Payload, s)
		if err != nil {
			return "", nil, err
		}
		r.table, r.schemas[id] = id, s
		return fmt.Sprintf("DEFINE id=%d name=%s", id, s.Name) + describe(s), AppendDefinition(nil, id, s), nil
	case m.Type == Ack:
		table, id, err := ParseAck(m.Payload)
		return fmt.Sprintf("ACK tab=%d upd=%d (0x%08x)", table, id, id), AppendAck(nil, table, id), err
	case m.Type == Switch:
		r.table, err = ParseSwitch(m.Payload)
		return "", AppendSwitch(nil, r.table), err
	}
	return r.update(m)
}

func (r *receiver) update(m Message) (text string, again []byte, err error) {
	s := r.schemas[r.table]
	if s == nil || !isUpdate(m.Type) { // HAProxy ignores both
		return "", appendRaw(nil, m), nil
	}
	vals := []uint64{1, 2, 3} // they must stay
	id, row, out, err := ParseUpdate(m, s, r.last[r.table], &r.in, vals)
	if err != nil {
		return "", nil, err
	}
	if fmt.Sprint(out[:3]) != "[1 2 3]" || len(out) != 3+s.Words() {
		return "", nil, fmt.Errorf("values %d were not appended behind [1 2 3]", out)
	}
	r.last[r.table] = id
	timed := m.Type == UpdateTimed || m.Type == UpdateIncrementalTimed
	return show(m.Type, id, s, &row), AppendUpdate(nil, id, timed, s, &row, &r.out), nil
}

func isUpdate(typ byte) bool {
	return typ == UpdateFull || typ == UpdateIncremental || typ == UpdateTimed || typ == UpdateIncrementalTimed
}

// appendRaw appends m without a look at its payload.
func appendRaw(b []byte, m Message) []byte {
	b = append(b, m.Class, m.Type)
	return append(AppendVarint(b, uint64(len(m.Payload))), m.Payload...)
}

// full is an update with its id written out: the form that we send.
func full(msg []byte, id uint32) []byte {
	m, _, err := Next(msg)
	if err != nil || m.Type != UpdateIncremental && m.Type != UpdateIncrementalTimed {
		return msg
	}
	m.Type, m.Payload = m.Type-1, append(binary.BigEndian.AppendUint32(nil, id), m.Payload...)
	return appendRaw(nil, m)
}

// TestCaptures holds decoding against another decoder's reading of each message that ten
// versions of HAProxy sent, and encoding against the bytes: what HAProxy sent and what we
// would send for it are the same.
func TestCaptures(t *testing.T) {
	seen := map[string]int{}
	for _, lines := range readCaptures(t) {
		var sides map[byte]*receiver
		for _, l := range lines {
			if l.from == 's' {
				sides = map[byte]*receiver{'<': newReceiver(), '>': newReceiver()}
				continue
			}
			if isHandshake(l.bytes) {
				continue
			}
			for b := l.bytes; len(b) > 0; {
				m, n, err := Next(b)
				if err != nil {
					t.Fatalf("%s: %x: %v", l.at, b, err)
				}
				r := sides[l.from]
				text, again, err := r.play(m)
				if err != nil {
					t.Fatalf("%s: %x: %v", l.at, b[:n], err)
				}
				if want := full(b[:n], r.last[r.table]); !bytes.Equal(again, want) {
					t.Errorf("%s: encoded again as\n\t%x, HAProxy sent\n\t%x", l.at, again, want)
				}
				if kind, _, _ := strings.Cut(l.text, " "); l.from == '<' && m.Class == ClassStick {
					seen[kind]++
					if !strings.HasPrefix(text+" ", l.text+" ") {
						t.Errorf("%s: read as\n\t%s, want\n\t%s", l.at, text, l.text)
					}
				}
				b = b[n:]
			}
		}
	}
	// A capture that was not read proves nothing.
	for kind, want := range map[string]int{"DEFINE": 324, "UPDATE": 319, "INCUPDATE": 97, "UPDATE_TIMED": 169, "INCUPDATE_TIMED": 142, "ACK": 13} {
		if seen[kind] != want {
			t.Errorf("%d messages %s in the captures, want %d", seen[kind], kind, want)
		}
	}
}

// isHandshake tells the lines of a hello and a status from messages: those begin with a
// class, which is no printable character.
func isHandshake(b []byte) bool { return b[0] >= ' ' && b[len(b)-1] == '\n' }
