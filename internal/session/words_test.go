package session

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// controls are the words of messages that have no payload.
var controls = []string{"request", "finished", "partial", "confirm", "heartbeat"}

// voice turns words into the bytes that a peer says. It keeps what a speaker knows: how
// its tables are defined and which one is selected.
type voice struct {
	t       testing.TB
	schemas map[uint32]*stick.Schema
	current *stick.Schema
	dict    wire.OutDictionary
}

func newVoice(t testing.TB) *voice { return &voice{t: t, schemas: map[uint32]*stick.Schema{}} }

// say appends what all words of a line mean, which are separated by '|'.
func (v *voice) say(b []byte, line string) []byte {
	for phrase := range strings.SplitSeq(line, "|") {
		b = v.phrase(b, strings.Fields(phrase))
	}
	return b
}

func (v *voice) phrase(b []byte, w []string) []byte {
	for typ, name := range controls {
		if w[0] == name {
			return wire.AppendControl(b, byte(typ))
		}
	}
	switch w[0] {
	case "hex":
		raw, err := hex.DecodeString(strings.Join(w[1:], ""))
		v.must(err)
		return append(b, raw...)
	case "status":
		return append(append(b, strings.Join(w[1:], " ")...), '\n')
	case "error":
		return wire.AppendErrorMessage(b, byte(v.number(w[1])))
	case "define":
		s := v.schema(w[2:])
		v.schemas[v.id(w[1])], v.current = s, s
		return wire.AppendDefinition(b, v.id(w[1]), s)
	case "switch":
		v.current = v.schemas[v.id(w[1])]
		return wire.AppendSwitch(b, v.id(w[1]))
	case "ack":
		return wire.AppendAck(b, v.id(w[1]), v.id(w[2]))
	}
	return v.update(b, w)
}

// update reads 'update ID KEY VALUES', 'next KEY VALUES' (incremental), 'timed ID LIFE KEY
// VALUES' and 'nexttimed LIFE KEY VALUES'.
func (v *voice) update(b []byte, w []string) []byte {
	full := map[string]bool{"update": true, "timed": true}
	timed := map[string]bool{"timed": true, "nexttimed": true}
	if !full[w[0]] && !timed[w[0]] && w[0] != "next" {
		v.t.Fatalf("no such word: %q", w[0])
	}
	kind, id, life := w[0], uint32(1), uint64(stick.Forever)
	if w = w[1:]; full[kind] {
		id, w = v.id(w[0]), w[1:]
	}
	if timed[kind] {
		life, w = v.number(w[0]), w[1:]
	}
	schema := v.current
	if schema == nil {
		schema = undefined
	}
	row := v.row(schema, w)
	row.Life = uint32(life)
	one := wire.AppendUpdate(nil, id, timed[kind], schema, &row, &v.dict)
	if !full[kind] {
		one = incremental(v.t, one)
	}
	return append(b, one...)
}

// row reads a key and values of a table, separated by commas.
func (v *voice) row(s *stick.Schema, w []string) stick.Row {
	row := stick.Row{Life: stick.Forever, Values: make([]uint64, s.Words())}
	switch s.KeyType {
	case stick.IPv4, stick.IPv6:
		a, err := netip.ParseAddr(w[0])
		v.must(err)
		row.Key = a.AsSlice()
	case stick.Integer:
		row.Key = binary.BigEndian.AppendUint32(nil, uint32(v.number(w[0])))
	default:
		row.Key = []byte(w[0])
	}
	if len(w) > 1 {
		for i, n := range strings.Split(w[1], ",") {
			row.Values[i] = v.number(n)
		}
	}
	if len(w) > 2 {
		row.Text = w[2]
	}
	return row
}

// undefined is what updates look like that no definition precedes.
var undefined = &stick.Schema{Name: "?", KeyType: stick.IPv4, KeyLen: 4, Columns: []stick.Column{{Type: stick.GPC0, Len: 1}}}

// incremental makes the incremental form of a full update: the id goes, the type is one up.
func incremental(t testing.TB, full []byte) []byte {
	m, n, err := wire.Next(full)
	if err != nil || n != len(full) {
		t.Fatalf("own update: %v", err)
	}
	b := append([]byte{m.Class, m.Type + 1}, wire.AppendVarint(nil, uint64(len(m.Payload)-4))...)
	return append(b, m.Payload[4:]...)
}

// schema reads 'NAME KEYTYPE COLUMNS [EXPIRE]': web ip gpc0,http_req_rate(10s),gpc(2) 10m.
func (v *voice) schema(w []string) *stick.Schema {
	s := &stick.Schema{Name: w[0], KeyLen: 4}
	keyType, length, _ := strings.Cut(w[1], ":")
	for _, t := range []stick.KeyType{stick.Integer, stick.IPv4, stick.IPv6, stick.String, stick.Binary} {
		if t.String() == keyType {
			s.KeyType = t
		}
	}
	switch {
	case length != "":
		s.KeyLen = v.id(length)
	case s.KeyType == stick.String:
		s.KeyLen = 33
	case s.KeyType == stick.IPv6:
		s.KeyLen = 16
	}
	for c := range strings.SplitSeq(w[2], ",") {
		s.Columns = append(s.Columns, v.column(c))
	}
	if len(w) > 3 {
		d, err := time.ParseDuration(w[3])
		v.must(err)
		s.Expire = uint32(d.Milliseconds())
	}
	return s
}

func (v *voice) column(word string) stick.Column {
	name, args, _ := strings.Cut(strings.TrimSuffix(word, ")"), "(")
	t, ok := stick.ParseDataType(name)
	if !ok {
		v.t.Fatalf("no data type %q", name)
	}
	c := stick.Column{Type: t, Len: 1}
	for arg := range strings.SplitSeq(args, "/") { // gpc_rate(2/10s): commas separate columns
		if d, err := time.ParseDuration(arg); err == nil {
			c.Period = uint32(d.Milliseconds())
		} else if arg != "" {
			c.Len = uint8(v.number(arg))
		}
	}
	return c
}

func (v *voice) id(word string) uint32 { return uint32(v.number(word)) }

func (v *voice) number(word string) uint64 {
	n, err := strconv.ParseUint(word, 0, 64)
	v.must(err)
	return n
}

func (v *voice) must(err error) {
	if err != nil {
		v.t.Helper()
		v.t.Fatal(err)
	}
}

// ear turns the bytes that a session says into words again, with wire's strict decoder.
type ear struct {
	greeting bool // a hello or a status comes first
	calling  bool
	current  *stick.Schema
	dict     wire.InDictionary
}

// words decodes all of b, which must be whole messages.
func (e *ear) words(b []byte) (string, error) {
	var said []string
	for len(b) > 0 {
		word, n, err := e.word(b)
		if err != nil {
			return strings.Join(said, " | "), fmt.Errorf("what was said is not sound: %w: % x", err, b)
		}
		said = append(said, word)
		b = b[n:]
	}
	return strings.Join(said, " | "), nil
}

func (e *ear) word(b []byte) (word string, n int, err error) {
	if e.greeting {
		e.greeting = false
		if e.calling {
			h, n, err := wire.ParseHello(b)
			return fmt.Sprintf("hello 2.%d %s %s %s", h.Minor, h.Called, h.Caller, h.PID), n, err
		}
		code, n, err := wire.ParseStatus(b)
		return fmt.Sprintf("status %d", code), n, err
	}
	m, n, err := wire.Next(b)
	if err != nil {
		return "", 0, err
	}
	switch {
	case m.Class == wire.ClassControl && int(m.Type) < len(controls):
		return controls[m.Type], n, nil
	case m.Class == wire.ClassError:
		return fmt.Sprintf("error %d", m.Type), n, nil
	case m.Class == wire.ClassStick:
		word, err = e.stick(m)
		return word, n, err
	}
	return "", 0, fmt.Errorf("class %d type %d is nothing that we say", m.Class, m.Type)
}

func (e *ear) stick(m wire.Message) (string, error) {
	switch m.Type {
	case wire.Ack:
		table, id, err := wire.ParseAck(m.Payload)
		return fmt.Sprintf("ack %d %d", table, id), err
	case wire.Definition:
		s := new(stick.Schema)
		id, err := wire.ParseDefinition(m.Payload, s)
		e.current = s
		return fmt.Sprintf("define %d %s %v", id, s.Name, s), err
	case wire.UpdateFull, wire.UpdateTimed:
		if e.current == nil {
			return "", fmt.Errorf("an update before any definition")
		}
		id, row, _, err := wire.ParseUpdate(m, e.current, 0, &e.dict, nil)
		if id == 0 {
			return "", fmt.Errorf("an update with the id 0")
		}
		kind := "update"
		if m.Type == wire.UpdateTimed {
			kind = "timed"
		}
		return fmt.Sprintf("%s %d %s", kind, id, showRow(e.current, &row)), err
	}
	return "", fmt.Errorf("type %#x is nothing that we say", m.Type)
}

// showRow prints 'KEY=VALUES', and what is not usual about the row.
func showRow(s *stick.Schema, r *stick.Row) string {
	b := append(stick.AppendKey(nil, s.KeyType, r.Key), '=')
	for i, v := range r.Values {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, v, 10)
	}
	if r.Text != "" {
		b = append(append(b, ','), r.Text...)
	}
	if usual := s.Expire; r.Life != usual && (usual != 0 || r.Life != stick.Forever) {
		b = fmt.Appendf(b, "(%dms)", r.Life)
	}
	if r.Replay {
		b = append(b, "(replay)"...)
	}
	if r.Learned {
		b = append(b, "(learned)"...)
	}
	return string(b)
}
