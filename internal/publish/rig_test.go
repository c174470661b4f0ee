package publish

import (
	"fmt"
	"strings"
	"testing"

	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/wire"
)

// rig is a table with one member, and a feed of it to one peer.
type rig struct {
	t     *testing.T
	now   int64
	table *table.Table
	lane  *table.Lane
	feed  *Feed
	dict  wire.OutDictionary
	timed bool // the peer speaks 2.1
	limit int  // of a batch
}

// text is the definition of a table with string keys of up to n bytes that lives ten minutes.
func text(n uint32, columns ...stick.Column) *stick.Schema {
	for i := range columns {
		columns[i].Len = max(1, columns[i].Len)
	}
	return &stick.Schema{Name: "web.agg", KeyType: stick.String, KeyLen: n + 1, Expire: 600000, Columns: columns}
}

func newRig(t *testing.T, source *stick.Schema) *rig {
	r := &rig{t: t, now: 3_600_000_000, table: table.New(table.Config{Seed: 1}), timed: true, limit: 64 << 10}
	r.lane, _ = r.table.Define(nil, "lb1", 0, source)
	r.feed = NewFeed(7, r.table)
	r.feed.Start()
	return r
}

// counts is a table of one counter, announced by the peer as well.
func counts(t *testing.T) *rig {
	r := newRig(t, text(32, stick.Column{Type: stick.GPC0}))
	r.feed.Announce(text(32, stick.Column{Type: stick.GPC0}))
	return r
}

// report is what the member says of keys: the values of all columns.
func (r *rig) report(key string, values ...uint64) {
	r.table.Apply(r.now, r.lane, []stick.Row{{Key: []byte(key), Values: values, Life: 600000}}, 0)
}

// pull reads one batch as the peer would: "id key=values" for each update.
func (r *rig) pull() string {
	r.t.Helper()
	b := wire.Batch{Timed: r.timed, Dict: &r.dict, Limit: r.limit}
	n := r.feed.Pull(r.now, &b)
	var said []string
	for in, buf := (wire.InDictionary{}), b.Buf; len(buf) > 0; {
		m, size, err := wire.Next(buf)
		if err != nil {
			r.t.Fatal(err)
		}
		id, row, _, err := wire.ParseUpdate(m, b.Schema, 0, &in, nil)
		if err != nil {
			r.t.Fatal(err)
		}
		life := ""
		if m.Type == wire.UpdateTimed {
			life = fmt.Sprintf(" for %dms", row.Life)
		}
		said = append(said, fmt.Sprintf("%d %s=%v%s", id, row.Key, row.Values, life))
		buf = buf[size:]
	}
	if n != len(said) {
		r.t.Errorf("Pull says %d, the batch has %d updates", n, len(said))
	}
	if n > 0 && b.Table != 7 {
		r.t.Errorf("table %d, want 7, ours", b.Table)
	}
	return strings.Join(said, ", ")
}

func (r *rig) expect(got, want, why string) {
	r.t.Helper()
	if got != want {
		r.t.Errorf("got %q, want %q: %s", got, want, why)
	}
}
