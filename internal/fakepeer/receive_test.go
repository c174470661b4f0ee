package fakepeer

import (
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// agg is a table that a node only reads, with something of every kind that matters.
func agg(expire uint32, conn ...stick.Column) *stick.Schema {
	return &stick.Schema{Name: "web.agg", KeyType: stick.IPv4, KeyLen: 4, Expire: expire,
		Columns: append(conn, stick.Column{Type: stick.HTTPReqCnt, Len: 1}, stick.Column{Type: stick.GPC, Len: 2})}
}

// hear makes a node in a session, lets it hear what say appends, and returns it.
func hear(q Quirks, say func(b []byte) []byte) (*Node, *link) {
	n := New(Config{Name: "hap", Peer: "agg", Quirks: q, Tables: []*stick.Schema{web(), agg(60000, stick.Column{Type: stick.ConnCur, Len: 1})}})
	conn, _ := net.Pipe()
	n.learned = true
	n.link = &link{n: n, conn: conn, remote: map[uint32]*remote{}, wake: make(chan struct{}, 1), done: make(chan struct{})}
	n.link.receive(say(nil))
	return n, n.link
}

func row(life uint32, vals ...uint64) *stick.Row {
	return &stick.Row{Key: []byte(client), Life: life, Values: vals}
}

// What a push does to the table of a node: values are overwritten one by one, the rest
// stays, and the sent life counts if it is shorter than the table's.
func TestReceived(t *testing.T) {
	short := agg(60000)
	short.Columns = short.Columns[:1]
	wide := agg(0)
	wide.Columns[1].Len = 3
	other := agg(60000)
	other.KeyType, other.KeyLen = stick.Integer, 4
	gauge := agg(60000, stick.Column{Type: stick.ConnCur, Len: 1})
	for _, c := range []struct {
		name   string
		quirks Quirks
		timed  bool
		schema *stick.Schema
		row    *stick.Row
		want   []uint64 // conn_cur, http_req_cnt, gpc; nil: no entry
		lives  time.Duration
		acked  bool
	}{
		{"full", Quirks{}, false, agg(60000), row(0, 1, 2, 3), []uint64{0, 1, 2, 3}, time.Minute, true},
		{"its own expire counts, not that of the peer", Quirks{}, false, agg(1000), row(0, 1, 2, 3), []uint64{0, 1, 2, 3}, time.Minute, true},
		{"timed", Quirks{}, true, agg(60000), row(5000, 1, 2, 3), []uint64{0, 1, 2, 3}, 5 * time.Second, true},
		{"timed for longer than the table has it", Quirks{}, true, agg(90000), row(80000, 1, 2, 3), []uint64{0, 1, 2, 3}, time.Minute, true},
		{"timed for ever", Quirks{}, true, agg(0), row(stick.Forever, 1, 2, 3), []uint64{0, 1, 2, 3}, time.Minute, true},
		{"timed 0: the entry is gone", Quirks{}, true, agg(60000), row(0, 1, 2, 3), nil, 0, true},
		{"fewer columns", Quirks{}, false, short, row(0, 1), []uint64{0, 1, 0, 0}, time.Minute, true},
		{"more elements", Quirks{}, false, wide, row(0, 1, 2, 3, 4), []uint64{0, 1, 2, 3}, time.Minute, true},
		{"conn_cur is not learned", Quirks{}, false, gauge, row(0, 9, 1, 2, 3), []uint64{0, 1, 2, 3}, time.Minute, true},
		{"but up to 2.4", Version("2.4"), false, gauge, row(0, 9, 1, 2, 3), []uint64{9, 1, 2, 3}, time.Minute, true},
		{"another key type: ignored, not acked", Quirks{}, false, other, row(0, 1, 2, 3), nil, 0, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			n, l := hear(c.quirks, func(b []byte) []byte {
				return wire.AppendUpdate(wire.AppendDefinition(b, 7, c.schema), 3, c.timed, c.schema, c.row, nil)
			})
			got, ok := n.Row("web.agg", client)
			if ok != (c.want != nil) || !slices.Equal(got.Values, c.want) {
				t.Errorf("%s: %d, %v, want %d", c.name, got.Values, ok, c.want)
			}
			if acked := string(l.out) == string(wire.AppendAck(nil, 7, 3)); acked != c.acked {
				t.Errorf("%s: answered with %x", c.name, l.out)
			}
			time.Sleep(c.lives - time.Millisecond)
			if _, ok := n.Row("web.agg", client); c.want != nil && !ok {
				t.Errorf("%s: gone before %v", c.name, c.lives)
			}
			time.Sleep(time.Millisecond)
			if _, ok := n.Row("web.agg", client); ok {
				t.Errorf("%s: still there after %v", c.name, c.lives)
			}
		})
	}
}

// The order of messages counts: which table is selected, which id comes next.
func TestReceivedInOrder(t *testing.T) {
	update := func(b []byte, id uint32, s *stick.Schema) []byte {
		return wire.AppendUpdate(b, id, false, s, row(0, make([]uint64, s.Words())...), nil)
	}
	incremental := func(b []byte, s *stick.Schema) []byte {
		m, _, _ := wire.Next(update(nil, 0, s))
		return append(append(b, m.Class, wire.UpdateIncremental, byte(len(m.Payload)-4)), m.Payload[4:]...)
	}
	for _, c := range []struct {
		name string
		say  func(b []byte) []byte
		want string // what is answered
	}{
		{"one ack a table, for the last update", func(b []byte) []byte {
			return update(update(wire.AppendDefinition(b, 7, agg(0)), 3, agg(0)), 5, agg(0))
		}, string(wire.AppendAck(nil, 7, 5))},
		{"a definition that is repeated keeps the id", func(b []byte) []byte {
			b = update(wire.AppendDefinition(b, 7, agg(0)), 3, agg(0))
			return incremental(wire.AppendDefinition(b, 7, agg(0)), agg(0))
		}, string(wire.AppendAck(nil, 7, 4))},
		{"a switch selects", func(b []byte) []byte {
			b = wire.AppendDefinition(wire.AppendDefinition(b, 7, agg(0)), 8, web())
			return update(wire.AppendSwitch(b, 7), 3, agg(0))
		}, string(wire.AppendAck(nil, 7, 3))},
		{"nothing selected", func(b []byte) []byte { return update(b, 3, agg(0)) }, ""},
		{"unknown table", func(b []byte) []byte {
			s := agg(0)
			s.Name = "other"
			return update(wire.AppendDefinition(b, 7, s), 3, s)
		}, ""},
		{"what is unknown is skipped", func(b []byte) []byte { return append(b, 0, 9, 5, 1, 10, 0x90, 1, 7, 1, 0) }, ""},
		{"an end that was not asked for is confirmed", func(b []byte) []byte { return append(b, 0, 2) }, "\x00\x03"},
		{"class 255", func(b []byte) []byte { return append(b, 255, 1) }, "\x01\x00"},
		{"cut update", func(b []byte) []byte {
			return append(wire.AppendDefinition(b, 7, agg(0)), 10, 0x80, 1, 0)
		}, "\x01\x00"},
	} {
		if n, l := hear(Quirks{}, c.say); string(l.out) != c.want || !n.learned {
			t.Errorf("%s: answered with %x, want %x", c.name, l.out, c.want)
		}
	}
}

// Acks move the place of the next session, but not those of a lesson.
func TestAcked(t *testing.T) {
	for _, c := range []struct {
		name    string
		quirks  Quirks
		request bool
		table   uint32
		want    uint32
	}{
		{"ack", Quirks{}, false, 1, 9},
		{"ack of no table", Quirks{}, false, 0, 0},
		{"ack of another table", Quirks{}, false, 3, 0},
		{"in a lesson", Quirks{}, true, 1, 0},
		{"in a lesson of 2.2", Version("2.2"), true, 1, 9},
	} {
		n, _ := hear(c.quirks, func(b []byte) []byte {
			if c.request {
				b = wire.AppendControl(b, wire.ResyncRequest)
			}
			return wire.AppendAck(b, c.table, 9)
		})
		if _, _, acked := n.Progress("web"); acked != c.want {
			t.Errorf("%s: %d, want %d", c.name, acked, c.want)
		}
	}
}
