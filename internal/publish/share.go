package publish

import (
	"encoding/binary"

	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/wire"
)

// sharing is a feed's place in an edition.
type sharing struct {
	press   *Press
	edition *edition // nil: it reads alone
	timed   bool     // for which edition was chosen
	next    uint64   // the batch that it takes next; 0: it is out of step
	part    int      // messages of that batch that it has taken already
	took    bool     // in this turn it has taken what was made for others
	late    bool     // and there is more, which waits for the next
}

// Turn begins a turn of its receiver: all that is pulled until the next is said at once. What others
// have had encoded is taken first. If there was anything, what has changed since waits for the
// next turn: else receivers whose turns come a little after each other would be told a key that
// changes all the time once for each of them.
func (f *Feed) Turn() { f.took, f.late = false, false }

// Late reports whether something is to be said in the next turn, and not in this.
func (f *Feed) Late() bool { return f.late }

// Share makes the feed one of those that the press serves, which must be its table's. To be
// called before the first Pull.
func (f *Feed) Share(p *Press) { f.press = p }

// alone takes the feed out of its edition: its marks are its own again.
func (f *Feed) alone() {
	if f.edition != nil {
		f.press.leave(f.edition)
		f.edition = nil
	}
	f.step(0)
}

// step puts the feed before a batch.
func (f *Feed) step(next uint64) { f.next, f.part = next, 0 }

// pullShared fills b from the feed's edition. It reports false if the feed has to read alone.
func (f *Feed) pullShared(now int64, b *wire.Batch) (n int, ok bool) {
	if f.press == nil || f.reader.Rewound() { // a lesson's rows are this peer's alone
		return 0, false
	}
	if f.edition != nil && f.timed != b.Timed {
		f.alone()
	}
	if f.edition == nil {
		f.timed = b.Timed
		if f.edition = f.press.enter(&f.shape, f.want, b.Timed); f.edition == nil {
			return 0, false
		}
	}
	if !f.press.several(f.edition) {
		return 0, false
	}
	e := f.edition
	e.mu.Lock()
	if e.has(f.next, now) {
		defer e.mu.Unlock()
		return f.takeAll(now, b, e)
	}
	f.rows.Reset()
	f.rows.Max = f.most(b)
	f.step(e.meet(now, f.reader, &f.rows))
	e.mu.Unlock()
	return f.tell(b), true
}

// takeAll takes what there is room for of the edition's batches. The edition is locked.
func (f *Feed) takeAll(now int64, b *wire.Batch, e *edition) (n int, ok bool) {
	for n == 0 || len(b.Buf) < b.Limit {
		if f.next == e.next && f.took {
			f.late = e.lead.Pending()
			break
		}
		f.took = f.took || f.next < e.next
		x, ok := e.batch(now, f.next)
		if !ok {
			if n == 0 {
				return 0, false // it reads the other definition alone
			}
			break // and the next time
		}
		if x == nil {
			f.reader.Follow(e.lead) // nothing more: as far as that has been read
			break
		}
		var took int
		b.Buf, took, f.last = x.take(b.Buf, f.part, b.Limit-len(b.Buf), f.last)
		f.Oldest = table.Older(f.Oldest, x.oldest)
		n += took
		if f.part += took; f.part < len(x.messages) {
			break
		}
		f.reader.Follow(x.end)
		f.step(f.next + 1)
		if f.TooLong += x.tooLong; x.tooLong > 0 {
			f.LongKey = append(f.LongKey[:0], x.longKey...)
		}
	}
	f.at.read = f.reader.Position()
	b.Table, b.Schema, b.Updates = f.id, f.shape.to, n
	if n > 0 && f.mark == 0 {
		f.checkpoint()
	}
	f.settle()
	return n, true
}

// tooLong reports whether a receiver cannot hold a key: HAProxy would cut it, and two keys
// would become one.
func tooLong(key []byte, want *stick.Schema) bool {
	return len(key) > longestKey || want.KeyType == stick.String && len(key) >= int(want.KeyLen)
}

// after is the id behind another: they wrap, and 0 is none.
func after(id uint32) uint32 {
	if id++; id == 0 {
		return 1
	}
	return id
}

func putID(b []byte, id uint32) { binary.BigEndian.PutUint32(b, id) }
