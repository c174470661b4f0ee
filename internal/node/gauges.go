package node

import (
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/table"
)

// maxGauges is how many rows of a table are looked at in a lesson.
const maxGauges = 64

// checkGauges looks whether a node keeps the conn_cur that it is told: in a lesson it hands our
// tables back. HAProxy before 2.5 keeps it, 3.2 and later if the table has recv-only, the rest never.
//
// What the node has shows something only if it is known what it was told: it has acked the row as it is now, as the
// process that it still is. Then 0 in place of more is not what we said.
func (v *source) checkGauges(now time.Time, h *heard, rows []stick.Row) {
	a, own := v.book.seen.announced[h.name], v.own[h.name]
	if a == nil || own == nil || !v.peer.place().Declares || own.Column(stick.ConnCur) < 0 {
		return
	}
	f := v.feedOf(h.name)
	if f == nil {
		return
	}
	stands, stood, level := f.Stands()
	known := stands || level || stood && v.session.Stats().Process != "another"
	at := own.Word(stick.ConnCur, 0)
	for i := range rows {
		if a.gauges >= maxGauges || !known {
			return
		}
		told := gaugeOf(v.section.ms(now), f.target.table, rows[i].Key)
		if told == 0 {
			continue
		}
		past, ok := f.target.table.Past(rows[i].Key, []*table.Reader{f.Reader()})
		if !ok || !past[0].Acked {
			continue
		}
		if a.gauges == 0 {
			a.GaugesLost, a.GaugesKept = 0, 0
		}
		a.gauges++
		if rows[i].Values[at] == 0 {
			a.GaugesLost++
		} else {
			a.GaugesKept++
		}
	}
}

// feedOf is the peer's feed of a sum, or nil.
func (v *source) feedOf(name string) *feed {
	for _, f := range v.book.order {
		if f.target.name == name && !f.target.relayed {
			return f
		}
	}
	return nil
}

// gaugeOf is the sum of conn_cur of a key.
func gaugeOf(ms int64, t *table.Table, key []byte) (sum uint64) {
	t.Get(ms, key, func(e *table.Entry) {
		if e.Schema.Column(stick.ConnCur) >= 0 {
			sum = e.Values[e.Schema.Word(stick.ConnCur, 0)]
		}
	})
	return sum
}
