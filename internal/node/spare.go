package node

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/table"
)

// A section that observes spares its peers: nothing is pushed, taught or restored, and every request is answered
// PARTIAL at once. All else is as ever: what peers would hear is read, in the same windows, and counted.

// spare makes the peer one that is told nothing, or one that is told everything again. A lesson that we are giving
// ends with what has been told of it.
func (v *visit) spare(on bool) {
	v.spared = on
	v.session.Abstain(on)
}

// passedAtOnce bounds how many times rows are read in one turn, so that a large table does not keep the
// drive loop from everything else.
const passedAtOnce = 64

// passOver counts what the peer would be told now.
func (v *sink) passOver(now time.Time) {
	if v.pace.rests(now) && !v.section.closing.Load() {
		return
	}
	v.dry = true
	if v.section.uncertain.Load() {
		return
	}
	ms, reads, total := v.section.ms(now), 0, 0
	for _, f := range v.book.order {
		for more := v.mayHear(f) && f.Due(); more && reads < passedAtOnce; reads++ {
			var n int
			n, more = f.Skip(ms)
			total += n
			v.count(f, n)
		}
	}
	v.section.Counters.Withheld.Add(uint64(total))
	if total > 0 {
		v.pace.speaks(now) // it would have
	}
	if reads == passedAtOnce {
		v.conn.poke() // there is more, at once
	}
}

// comparedKeys bounds the keys of one table that are compared in one lesson.
const comparedKeys = 256

// handbacks are rows of tables of ours that a peer has handed back in its lesson. Where another aggregator publishes
// them they show what it has made of the same nodes. They are compared when the lesson has ended and our sums are whole.
type handbacks struct {
	ended  bool
	tables map[string]*handback
}

// handback is some rows of one table.
type handback struct {
	schema *stick.Schema // as the peer has announced it
	rows   []stick.Row
}

// take keeps the first rows of a table. A key may come again, when it changes while the lesson is given: then
// the later row counts.
func (h *handbacks) take(name string, schema *stick.Schema, rows []stick.Row) {
	b := h.tables[name]
	if b == nil {
		if h.tables == nil {
			h.tables = map[string]*handback{}
		}
		b = &handback{schema: schema}
		h.tables[name] = b
	}
	for _, r := range rows {
		same := func(kept stick.Row) bool { return bytes.Equal(kept.Key, r.Key) }
		switch i := slices.IndexFunc(b.rows, same); {
		case i >= 0:
			copy(b.rows[i].Values, r.Values)
		case len(b.rows) < comparedKeys:
			b.rows = append(b.rows, stick.Row{Key: slices.Clone(r.Key), Values: slices.Clone(r.Values)})
		default:
			return
		}
	}
}

// Comparison is how a peer's copy of a sum, as it was when the peer gave its lesson, compares to ours.
type Comparison struct {
	Agree, Differ int    // keys, of the first ones of the table
	Example       string // a key that differs, in a sentence
}

// judge compares what the peer has handed back, once that makes sense.
func (v *visit) judge(now time.Time) {
	if !v.handbacks.ended || len(v.handbacks.tables) == 0 || !v.section.warmth.warm.Load() {
		return
	}
	for name, b := range v.handbacks.tables {
		t := v.section.tables.sum(name)
		if t == nil || b.schema == nil {
			continue
		}
		c := b.compare(v.section.ms(now), t)
		if v.book.compared == nil {
			v.book.compared = map[string]Comparison{}
		}
		v.book.compared[name] = c
		say, words := v.log.Info, []any{"table", name, "agree", c.Agree, "differ", c.Differ}
		if c.Differ > 0 {
			say, words = v.log.Warn, append(words, "example", c.Example)
		}
		v.section.gossip.once(fmt.Sprintf("compared %s %s %v", v.peer.Name, name, c.Differ > 0), now, func() {
			say("what the peer holds was compared with the sum that would be pushed", words...)
		})
	}
	v.handbacks = handbacks{}
}

// compare compares the counters of each row with those of the sum. A key of which there is no sum has zeros.
func (b *handback) compare(ms int64, t *target) (c Comparison) {
	for _, r := range b.rows {
		sum := &table.Entry{Schema: schemaOf(t)}
		t.table.Get(ms, r.Key, func(e *table.Entry) { sum = e })
		example := b.differs(&r, sum)
		if example == "" {
			c.Agree++
			continue
		}
		if c.Differ++; c.Example == "" {
			c.Example = example
		}
	}
	return c
}

// differs finds a counter that both have and about which they are more than a tenth apart, as replicas must not be: the
// row is some moments old. It says so in a sentence, which has no key in it: that is for no log.
func (b *handback) differs(r *stick.Row, sum *table.Entry) string {
	at := 0
	for _, c := range b.schema.Columns {
		for i := range int(c.Len) {
			in := sum.Schema.Word(c.Type, i)
			if !c.Type.Counts() || in < 0 {
				continue
			}
			has, ours := r.Values[at+i], uint64(0)
			if in < len(sum.Values) {
				ours = sum.Values[in]
			}
			if apart(has, ours) {
				return fmt.Sprintf("it has %s=%d, the sum is %d", nameOf(c.Type, i), has, ours)
			}
		}
		at += c.Words()
	}
	return ""
}

// nameOf is what logs call an element.
func nameOf(t stick.DataType, element int) string {
	if !t.IsArray() {
		return t.String()
	}
	return fmt.Sprintf("%v[%d]", t, element)
}
