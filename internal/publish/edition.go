package publish

import (
	"slices"
	"sync"

	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/wire"
)

// Press encodes a table once for all receivers that need the same bytes. Feeds of several
// goroutines share it.
//
// Receivers that hold a table alike make up an edition. It reads the table with a reader of
// its own and keeps its last few batches, each with the place in the change list at which it
// ends. A feed that has taken one batch takes the next: a copy, and its own ids, which sit at a
// fixed place in each message. With each batch the feed's own marks move to the batch's end, so
// acks, checkpoints and resumption are what they are for a feed that reads alone. A feed
// that was left behind reads alone, up to where the edition stands: then it is in step again.
// To be told something twice does no harm, since what is told is state and not events; what
// must never happen is that marks pass a row that was not told.
type Press struct {
	table *table.Table

	mu       sync.Mutex // guards the list and how many feeds each edition has; taken before an edition's
	editions []*edition
}

// NewPress makes a press for a table.
func NewPress(t *table.Table) *Press { return &Press{table: t} }

const (
	kept       = 64       // batches of an edition: two million changes a second while they are fresh
	batchBytes = 16 << 10 // of a batch, about: a few fit into what a session says at once
	batchRows  = 32       // are read at once: a batch of long keys is not much larger than others
	// fresh is for how long, in ms, a batch may be told: it has lives and ages of windows as of when it was
	// made, and rows that may have gone since. Who comes later reads alone.
	fresh = 10
	// lively is for how long, in ms, an edition is thought to have somebody in step.
	lively = 1000
)

// edition is the encoding of a table for receivers that hold it alike.
type edition struct {
	table *table.Table
	want  *stick.Schema // as the first receiver announced it: as good as any other's
	shape shape         // from and to do not change; its room for a row is guarded by mu
	timed bool
	feeds int // that belong to it; guarded by the press

	mu      sync.Mutex
	lead    *table.Reader // where the newest batch ends; nil: nobody has pulled yet
	rows    table.Rows
	batches [kept]batch // of number n at n % kept
	next    uint64      // number of the batch that comes next; there are none before 1
	oldest  uint64      // number of the oldest that can be taken
}

// batch is rows encoded, with ids to be filled in.
type batch struct {
	made     int64 // when, in ms
	buf      []byte
	messages []message
	end      *table.Reader // stands where the batch ends
	oldest   int64         // when the oldest update came that is told in it, as table.Rows has it
	tooLong  uint64
	longKey  []byte
}

// message is where one begins in a batch, and where its id is.
type message struct{ at, id int }

// shareable reports whether a shape's bytes are the same for all: texts are numbered by each
// session for itself.
func shareable(s *stick.Schema) bool {
	return !slices.ContainsFunc(s.Columns, func(c stick.Column) bool { return c.Type.Kind() == stick.Text })
}

// enter finds or makes the edition for a receiver.
func (p *Press) enter(s *shape, want *stick.Schema, timed bool) *edition {
	if !shareable(s.to) {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.editions {
		to := e.shape.to
		if e.shape.from == s.from && e.timed == timed && to.SameKeys(s.to) && to.KeyLen == s.to.KeyLen &&
			to.Expire == s.to.Expire && slices.Equal(to.Columns, s.to.Columns) {
			e.feeds++
			return e
		}
	}
	e := &edition{table: p.table, want: want, shape: newShape(s.from, want), timed: timed, feeds: 1, next: 1, oldest: 1}
	p.editions = append(p.editions, e)
	return e
}

// leave takes a feed out of an edition. With the last but one what is kept for several goes.
func (p *Press) leave(e *edition) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.feeds--; e.feeds == 0 {
		p.editions = slices.DeleteFunc(p.editions, func(o *edition) bool { return o == e })
	}
	if e.feeds < 2 {
		e.close()
	}
}

// several reports whether sharing is of use.
func (p *Press) several(e *edition) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return e.feeds > 1
}

// close gives back everything but the name.
func (e *edition) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lead == nil {
		return
	}
	e.lead.Close()
	e.lead = nil
	e.restart()
	for i := range e.batches {
		if b := &e.batches[i]; b.end != nil {
			b.end.Close()
		}
		e.batches[i] = batch{}
	}
	e.rows = table.Rows{}
}

// restart makes no batch one that can be taken: all feeds are out of step.
func (e *edition) restart() {
	e.next++ // a feed that has had the newest batch is not in step either
	e.oldest = e.next
}

// has reports whether a feed that takes the batch n next is in step: its batch is the next to
// be made, or is there and can still be told.
func (e *edition) has(n uint64, now int64) bool {
	if e.lead == nil || n == 0 || n < e.oldest || n > e.next {
		return false
	}
	return n == e.next || now-e.batches[n%kept].made <= fresh
}

// meet lets a feed that is out of step read on alone, into out, until it is in step. It
// returns the number of the batch that it takes next, 0 if it is not there yet.
func (e *edition) meet(now int64, r *table.Reader, out *table.Rows) (next uint64) {
	if e.lead == nil {
		e.lead = e.table.NewReader()
	}
	_, met, ahead := r.Meet(now, e.want.Expire, e.lead, out)
	switch {
	case !met || out.Schema != e.shape.from && out.Schema != nil:
		return 0
	case ahead && now-e.batches[(e.next-1)%kept].made < lively:
		r.Follow(e.lead) // others are in step: it is told a little again, and they are not left alone
	case ahead:
		e.lead.Follow(r) // the others come by
		e.restart()
	}
	return e.next
}

// batch returns the batch n, which is made if it is the next. Nil means that there is nothing
// more at the moment, or, with ok false, that the table has another definition now.
func (e *edition) batch(now int64, n uint64) (b *batch, ok bool) {
	if n < e.next {
		return &e.batches[n%kept], true
	}
	if !e.lead.Pending() {
		return nil, true
	}
	b = &e.batches[n%kept]
	b.begin(now)
	for len(b.buf) < batchBytes {
		e.rows.Reset()
		e.rows.Max = batchRows
		read := e.lead.Read(now, e.want.Expire, &e.rows)
		if e.rows.Schema != nil && e.rows.Schema != e.shape.from {
			e.lead.Rewind() // what it has read was not told
			e.restart()
			return nil, false
		}
		b.oldest = table.Older(b.oldest, e.rows.Oldest)
		b.encode(&e.rows, e)
		if read < batchRows {
			break
		}
	}
	if len(b.messages) == 0 && b.tooLong == 0 {
		return nil, true
	}
	if b.end == nil {
		b.end = e.table.NewReader()
	}
	b.end.Follow(e.lead)
	e.next++
	e.oldest = max(e.oldest, e.next-min(kept, e.next))
	return b, true
}

// begin empties a batch. Room that long keys have needed is given back.
func (b *batch) begin(now int64) {
	if cap(b.buf) > 4*batchBytes {
		b.buf = nil
	}
	b.made, b.buf, b.messages, b.tooLong, b.oldest = now, b.buf[:0], b.messages[:0], 0, 0
}

// encode appends rows to a batch.
func (b *batch) encode(rows *table.Rows, e *edition) {
	for i := range rows.Rows {
		row := &rows.Rows[i]
		if tooLong(row.Key, e.want) {
			b.tooLong++
			b.longKey = append(b.longKey[:0], row.Key...)
			continue
		}
		at := len(b.buf)
		b.buf = wire.AppendUpdate(b.buf, 1, e.timed && e.want.Expire != 0, e.shape.to, e.shape.row(row), nil)
		// Nothing was appended for a key that no message can hold.
		if m, _, err := wire.Next(b.buf[at:]); err == nil {
			b.messages = append(b.messages, message{at, len(b.buf) - len(m.Payload)}) // an update begins with its id
		}
	}
}

// take appends messages of the batch from the given one on to buf, as many as fit into limit bytes but
// one at least, and returns how many that were. Their ids go on behind last.
func (b *batch) take(buf []byte, from, limit int, last uint32) (out []byte, n int, id uint32) {
	if from >= len(b.messages) {
		return buf, 0, last
	}
	to := len(b.messages)
	if start := b.messages[from].at; len(b.buf)-start > limit {
		fits, _ := slices.BinarySearchFunc(b.messages, start+limit+1, func(m message, at int) int { return m.at - at })
		to = max(from+1, fits-1)
	}
	start, end := b.messages[from].at, len(b.buf)
	if to < len(b.messages) {
		end = b.messages[to].at
	}
	shift := len(buf) - start
	buf = append(buf, b.buf[start:end]...)
	for _, m := range b.messages[from:to] {
		last = after(last)
		putID(buf[m.id+shift:], last)
	}
	return buf, to - from, last
}
