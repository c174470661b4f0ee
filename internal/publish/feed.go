// Package publish turns the rows of an aggregate table into the update messages of one
// receiver: sums become bytes.
//
// A Feed is one table on its way to one peer: it reads the changes that this peer has
// not heard, in the shape in which the peer holds the table, and keeps the book of ids
// and acks. It must never decide who gets what (topology, node) nor touch a connection.
package publish

import (
	"fmt"

	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/wire"
)

// Feed publishes one table to one peer. It outlives the peer's sessions, so that a
// process that comes back hears only what it has missed. One goroutine at a time.
type Feed struct {
	id     uint32
	table  *table.Table
	reader *table.Reader
	rows   table.Rows

	want  *stick.Schema // as the peer announced its table in this session, or as we offer it; nil: not yet
	offer *stick.Schema // name and path under which the peer takes the table as it is; nil: it announces its own
	told  *stick.Schema // the offer as the peer has been told it in this session or lesson
	shape shape         // how a row of the table becomes one of the peer's
	why   string        // why nothing can be sent although the peer has announced it
	last  uint32        // id of the newest update sent in this session; 0: none
	mark  uint32        // id of the last update before the reader's checkpoint; 0: no checkpoint
	acked uint32        // newest id that the peer has acked in this session
	at    places        // the same in changes of the table, for observers
	sharing
	lesson bool // a lesson is given, and not confirmed yet
	stands bool // the reader's acked place is what the peer acked in this session
	stood  bool // and in the last

	// Withheld counts the rows that the peer would have been sent while the feed is only read: see Withhold.
	Withheld uint64
	withheld bool

	// TooLong counts keys that the peer's table cannot hold, StrayAcks acks of ids that were never sent.
	TooLong, StrayAcks uint64
	// Oldest is when the oldest update came that the last Pull has told, as table.Lane was told it; 0 if that
	// is not known, as in a lesson, or if nothing but time has changed what was told.
	Oldest int64
	// LongKey is the last key that was too long for the peer's table.
	LongKey []byte
}

// NewFeed begins to publish t under the table id, which is ours and must be unique for the
// peer, above 0.
func NewFeed(id uint32, t *table.Table) *Feed {
	return &Feed{id: id, table: t, reader: t.NewReader()}
}

// ID is our id of the table.
func (f *Feed) ID() uint32 { return f.id }

// Close gives the place in the table's change list back.
func (f *Feed) Close() {
	f.alone()
	f.reader.Close()
}

// Start begins a session: nothing is sent until the peer has announced its table, then
// everything from the start.
func (f *Feed) Start() {
	f.alone()
	f.want, f.shape, f.last, f.mark, f.acked, f.lesson = nil, shape{bytes: 1}, 0, 0, 0, false
	f.stood, f.stands = f.stands, false
	f.offer, f.told = nil, nil
	f.reader.Rewind()
}

// Announce tells how the peer holds the table: HAProxy loads what is pushed only under the
// same name, key type and key length.
func (f *Feed) Announce(s *stick.Schema) {
	f.want = s
	f.compile(f.table.Schema())
}

// Offer tells that the peer takes the table as it is, in our own definition and under this
// name, whatever becomes of it: another aggregator does. It hears of it before the first row.
func (f *Feed) Offer(name string, path stick.Path) {
	f.offer = &stick.Schema{Name: name, Path: path}
	f.compile(f.table.Schema())
}

// untold reports whether an offer is to be announced.
func (f *Feed) untold() bool {
	return f.offer != nil && f.why == "" && (f.told == nil || !f.told.Equal(f.shape.to))
}

// Announced reports whether the peer has announced the table in this session.
func (f *Feed) Announced() bool { return f.want != nil }

// Refused says why nothing is sent although the peer has announced the table, or "".
func (f *Feed) Refused() string { return f.why }

// Omitted names the columns of the peer's table that it is not sent, since we have none of
// that type and period.
func (f *Feed) Omitted() []stick.Column { return f.shape.omitted }

// compile works out the shape for rows of the schema sum.
func (f *Feed) compile(sum *stick.Schema) {
	f.alone()
	f.why = ""
	if f.offer != nil && sum != nil {
		own := *sum
		own.Name, own.Path = f.offer.Name, f.offer.Path
		f.want = &own
	}
	switch {
	case sum == nil:
		f.why = "no member has announced a source of it"
	case !sum.SameKeys(f.want):
		f.why = fmt.Sprintf("its key type differs: it has '%v', the members' tables '%v'", f.want, sum)
	}
	if f.why == "" {
		f.shape = newShape(sum, f.want)
	} else {
		f.shape = shape{bytes: 1}
	}
}

// Due reports whether there is anything to pull.
func (f *Feed) Due() bool {
	return f.want != nil && f.why == "" && !f.late && (f.reader.Pending() || f.untold())
}

// Pull fills b with the next changes that the peer has not heard and reports how many. A
// result below what the batch has room for means that there are no more at the moment; with
// b.Define there is the table itself to be told of. now is in ms.
func (f *Feed) Pull(now int64, b *wire.Batch) (n int) {
	f.Oldest = 0
	if f.want == nil || f.why != "" {
		return 0
	}
	if !f.untold() {
		if n, ok := f.pullShared(now, b); ok {
			return n
		}
	}
	f.step(0) // its marks move without the others'
	f.late = false
	f.rows.Reset()
	f.rows.Max = f.most(b)
	f.reader.Read(now, f.want.Expire, &f.rows)
	return f.tell(b)
}

// mostRows are read at once: more would save nothing, and each feed keeps room for them.
const mostRows = 256

// most is how many rows are read for a batch: as many as fit, about.
func (f *Feed) most(b *wire.Batch) int { return min(mostRows, max(1, b.Limit/f.shape.bytes)) }

// tell encodes rows that were read for this feed alone.
func (f *Feed) tell(b *wire.Batch) (n int) {
	f.Oldest = table.Older(f.Oldest, f.rows.Oldest)
	f.at.read = f.reader.Position()
	if f.rows.Schema != f.shape.from && f.rows.Schema != nil {
		f.compile(f.rows.Schema) // that of these rows: the table may have another by now
	}
	if f.why != "" { // since a moment ago: what was read has not been sent
		f.reader.Rewind()
		return 0
	}
	b.Table, b.Schema = f.id, f.shape.to
	if b.Define = f.untold(); b.Define {
		f.told = f.shape.to
	}
	for i := range f.rows.Rows {
		if f.append(b, &f.rows.Rows[i]) {
			n++
		}
	}
	b.Updates = n
	if n > 0 && f.mark == 0 {
		f.checkpoint()
	}
	f.settle()
	return n
}

// settle notes that no ack is awaited: what was read held nothing to be sent, such as rows that are gone, and
// all that was sent before is acked. Nobody will ever ack changes that no update stands for.
func (f *Feed) settle() {
	if f.last == f.acked {
		f.at.acked = f.at.read
	}
}

// Withhold makes the feed one whose rows are only counted: Skip takes the place of Pull, and what the peer
// has acked is as it was. When that ends everything is due again from the start.
func (f *Feed) Withhold(on bool) {
	if on == f.withheld {
		return
	}
	f.withheld = on
	f.alone()
	if f.took, f.late = false, false; on {
		f.Withheld = 0
		return
	}
	f.at.passed = 0
	f.reader.Rewind()
}

// Skip passes over the next changes, as many as are read at once, and returns how many of them the peer would have
// been sent. It reports whether there may be more.
func (f *Feed) Skip(now int64) (n int, more bool) {
	if f.want == nil || f.why != "" {
		return 0, false
	}
	f.rows.Reset()
	f.rows.Max = mostRows
	read := f.reader.Read(now, f.want.Expire, &f.rows)
	f.at.passed = f.reader.Position()
	if f.rows.Schema != f.shape.from && f.rows.Schema != nil {
		f.compile(f.rows.Schema)
	}
	if f.why != "" {
		return 0, false
	}
	for i := range f.rows.Rows {
		if key := f.rows.Rows[i].Key; tooLong(key, f.want) {
			f.TooLong++
			f.LongKey = append(f.LongKey[:0], key...)
		} else {
			n++
		}
	}
	f.Withheld += uint64(n)
	return n, read == mostRows
}

// Read is how many changes of the table have been told, or been passed over.
func (f *Feed) Read() uint64 { return max(f.at.read, f.at.passed) }

// checkpoint remembers the present place: an ack of what has been sent until now is worth
// it.
func (f *Feed) checkpoint() {
	f.reader.Checkpoint()
	f.mark, f.at.mark = f.last, f.at.read
}

// longestKey keeps messages below the 8 kB or so that every HAProxy takes: one that nearly
// fills its buffer (16 kB) makes it wait for ever. The columns of a row never need 4 kB.
const longestKey = 4 << 10

// append adds one row to the batch, unless the peer's table cannot hold its key: HAProxy
// would cut it, and two keys would become one.
func (f *Feed) append(b *wire.Batch, row *stick.Row) bool {
	if tooLong(row.Key, f.want) {
		f.TooLong++
		f.LongKey = append(f.LongKey[:0], row.Key...)
		return false
	}
	timed := b.Timed && f.want.Expire != 0
	f.last = after(f.last)
	b.Buf = wire.AppendUpdate(b.Buf, f.last, timed, f.shape.to, f.shape.row(row), b.Dict)
	return true
}

// Acked notes that the peer has everything up to the update id. An id that was not sent in
// this session changes nothing and is counted: some versions of HAProxy garble them.
func (f *Feed) Acked(id uint32) {
	if int32(f.last-id) < 0 || int32(id-f.acked) < 0 || f.last == 0 {
		f.StrayAcks++
		return
	}
	f.acked = id
	if id == f.last {
		f.at.acked = f.at.read
	}
	if f.mark != 0 && int32(id-f.mark) >= 0 {
		f.reader.Commit()
		f.stands = true
		f.mark, f.at.acked = 0, max(f.at.acked, f.at.mark)
	}
}

// Resume goes on behind what the peer acked in its last session, instead of from the start.
// The peer is the process that it was then; what an earlier one acked does not count.
func (f *Feed) Resume() {
	if !f.lesson && f.stood {
		f.step(0)
		f.reader.Resume()
		f.stands = true
	}
}

// Teach makes everything due again; Taught reports when all that there was has been pulled.
func (f *Feed) Teach() {
	f.reader.Rewind()
	f.lesson, f.mark, f.told = true, 0, nil
}

// Taught reports whether the rows that Teach made due have been pulled. A table that the
// peer has not announced, or that it cannot hold, has nothing to be taught.
func (f *Feed) Taught() bool {
	if !f.lesson || f.want == nil || f.why != "" {
		return true
	}
	if f.reader.Rewound() && f.reader.Pending() || f.untold() {
		return false
	}
	if f.mark != f.last {
		f.checkpoint() // what is pulled from now on is not what the confirm will speak of
	}
	return true
}

// Confirmed notes that the peer has everything that had been pulled when Taught said so.
func (f *Feed) Confirmed() {
	if !f.lesson {
		return
	}
	f.lesson = false
	f.at.synced = f.at.mark
	if f.mark != 0 {
		f.Acked(f.mark)
	}
}

// places count changes of the table since its start.
type places struct{ read, mark, acked, synced, passed uint64 }

// Place is where the feed stands, for observers. Pushed, Acked and Synced count changes of
// the table since its start, as table.Stats does: a peer that has heard everything is at
// the table's own number.
type Place struct {
	Table     uint32 // our id of it
	Pushed    uint64 // what the peer has been sent
	Acked     uint64 // what it has acked
	Synced    uint64 // what it had when it confirmed the last lesson
	Announced bool   // the peer has the table
	Refused   string // why nothing is sent
	Withheld  uint64 // rows that the peer would have been sent, since the feed is only read
	StrayAcks uint64
	Schema    *stick.Schema // as the peer has announced it
}

// Reader is the feed's place in the table's change list, to look at and not to move: table.Past.
func (f *Feed) Reader() *table.Reader { return f.reader }

// Stands reports whether what the reader has committed is what the peer has acked in this session, or had
// in the one that this resumes; whether it is so of the session before; and whether all that was
// sent in this one is acked.
func (f *Feed) Stands() (now, before, level bool) {
	return f.stands, f.stood, f.last != 0 && f.acked == f.last
}

// Place tells where the feed stands.
func (f *Feed) Place() Place {
	return Place{Table: f.id, Pushed: f.at.read, Acked: f.at.acked, Synced: f.at.synced, Announced: f.want != nil,
		Refused: f.why, Withheld: f.Withheld, StrayAcks: f.StrayAcks, Schema: f.want}
}
