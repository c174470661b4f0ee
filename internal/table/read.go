package table

import (
	"tallystick/internal/aggregate"
	"tallystick/internal/stick"
)

// Rows is room for rows that are read from a table. It owns their memory until Reset.
type Rows struct {
	Max    int           // rows wanted at most
	Schema *stick.Schema // of the rows
	Rows   []stick.Row
	Oldest int64 // when the oldest update came that is told by them, as in Lane.Stamp; 0: not known, or of no update
	keys   []byte
	values []uint64
}

// Reset empties the room. Rows read before are not valid any more.
func (o *Rows) Reset() {
	o.Rows, o.keys, o.values, o.Schema = o.Rows[:0], o.keys[:0], o.values[:0], nil
	o.Oldest = 0
}

// add appends a row with the key of r and n values, which the caller fills in.
func (o *Rows) add(s *shard, r *row, n int) *stick.Row {
	at := len(o.keys)
	o.keys = s.keys.append(o.keys, r.key)
	k := o.keys[at:len(o.keys):len(o.keys)]
	at = len(o.values)
	for range n {
		o.values = append(o.values, 0)
	}
	o.Rows = append(o.Rows, stick.Row{Key: k, Values: o.values[at:len(o.values):len(o.values)]})
	return &o.Rows[len(o.Rows)-1]
}

// Read appends the sums of rows that have changed since they were read last, as they are at
// now, and returns how many. Fewer than there is room for means that there are no more. All
// rows of one call have the schema out.Schema, which is nil as long as the table has none.
//
// expire is the longest life that the receiver can give an entry, in ms, 0 if its entries
// live for ever. A longer life is cut to it, and a row that is in use somewhere has it in
// full; such rows become due again when half of it is over.
func (r *Reader) Read(now int64, expire uint32, out *Rows) (n int) {
	t := r.table
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.plan != nil { // else there are no rows, which is to be found out as well
		out.Schema = t.plan.Schema
	}
	before := len(out.Rows)
	for range shards {
		if !r.readOn(now, expire, ends, out) {
			break // the same shard goes on
		}
		r.next = (r.next + 1) % shards
	}
	return len(out.Rows) - before
}

// readOn reads in the shard whose turn it is, until its end or until stop, and reports
// whether there is room for more.
func (r *Reader) readOn(now int64, expire, stop uint32, out *Rows) bool {
	s := &r.table.shards[r.next]
	for more := s.version.Load() != r.seen[r.next]; more; {
		s.mu.Lock()
		more = r.readShard(s, now, expire, stop, out)
		s.mu.Unlock()
	}
	return len(out.Rows) < out.Max
}

// readShard reads on in one shard until its end, the mark stop, or until out is full. The mark moves row by
// row: settling a row may put it at the end of the list, where it is read in its turn. It
// reports whether it stopped before, since there were many rows in which nothing counts.
func (r *Reader) readShard(s *shard, now int64, expire, stop uint32, out *Rows) (more bool) {
	me, tick := mark(r.number, reading), tickOf(now)
	r.leaves(r.next)
	s.clock = max(s.clock, tick)
	s.readAt = s.clock
	r.waited(r.next, s, out)
	r.halfway[r.next] = true // unless it comes to the end
	for passed, known := 0, 0; len(out.Rows) < out.Max; known-- {
		if known == 0 {
			s.aheadOfMark(me)
			known = atOnce
		}
		at := s.linkOf(me).next
		switch {
		case at == stop && stop != ends:
			s.renote(r.number, reader(stop))
			r.met = true
			return false
		case at == ends:
			r.seen[r.next] = s.version.Load()
			s.reached(r.number)
			r.halfway[r.next] = false
			return false
		case passed == stride:
			return true
		case at == mark(r.number, lessonEnd):
			s.unlink(at)
			r.lesson[r.next] = false
		case at&isMark != 0:
			s.move(me, s.linkOf(at).next)
		case s.rows.at(at).due <= tick && !s.settleInPlace(at, now):
		default:
			s.move(me, s.rows.at(at).next)
			if x := s.rows.at(at); x.counts() || x.zeroed {
				s.read(at, now, expire, out)
			} else {
				passed++
			}
		}
	}
	return false
}

// settleInPlace settles a row that is about to be read, and reports whether there is
// something to read: it may be gone, or have moved to the end, where it is read in its turn.
func (s *shard) settleInPlace(id uint32, now int64) bool {
	before := s.version.Load()
	return s.settle(id, now) && s.version.Load() == before
}

// read appends one row.
func (s *shard) read(id uint32, now int64, expire uint32, out *Rows) {
	r := s.rows.at(id)
	row := out.add(s, r, s.plan.Schema.Words())
	if r.zeroed {
		row.Life = zeroLife
		if expire == 0 {
			row.Life = stick.Forever
		}
		return
	}
	s.say(r, uint32(now), row)
	row.Life = s.lifeFor(id, tickOf(now), expire)
}

// lifeFor is how long a row lives, for a receiver whose entries live at most expire.
func (s *shard) lifeFor(id, tick, expire uint32) uint32 {
	r := s.rows.at(id)
	life := left(r.lives, tick)
	held := s.isUsed(r)
	const rounding = 2 << tickShift // lives are kept in ticks
	if expire == 0 {
		return life
	}
	if int64(life) <= int64(expire)+rounding && !held {
		return min(life, expire)
	}
	r.refresh = min(r.refresh, tick+ticks(expire)/2)
	s.schedule(id, r.refresh)
	return expire
}

// left is a life in ms.
func left(until, tick uint32) uint32 {
	if until == never {
		return stick.Forever
	}
	return max(1, (max(until, tick)-tick)<<tickShift)
}

// isUsed reports whether connections use the entry anywhere.
func (s *shard) isUsed(r *row) bool {
	if s.plan.Gauge < 0 {
		return false
	}
	o := &s.plan.Ops[s.plan.Gauge]
	if k := s.kept(r); k != nil {
		return k[o.Word] > 0
	}
	for i, h := range s.heads(r) {
		if h.state&idle == 0 && s.cells(r, i)[o.Cell] > 0 {
			return true
		}
	}
	return false
}

// say writes a row's sum at now to out.
func (s *shard) say(r *row, now32 uint32, out *stick.Row) {
	sum, base := s.total(r)
	orders := s.orders(r)
	v := 0
	for i := range s.plan.Ops {
		o := &s.plan.Ops[i]
		switch o.Rule {
		case aggregate.Count:
			out.Values[v] = aggregate.ReadCount(sum[o.Word])
		case aggregate.Wide:
			out.Values[v] = aggregate.ReadWide(sum[o.Word:])
		case aggregate.Rate:
			flat := uint32(0)
			if sum[o.Word+1] == 0 && sum[o.Word] != 0 {
				flat = s.meanAge(r, o, now32)
			}
			out.Values[v], out.Values[v+1], out.Values[v+2] = aggregate.ReadRate(sum[o.Word:], now32, base, o.Period, flat)
			v += 2
		case aggregate.Latest:
			value := aggregate.LatestValue(sum[o.Word:])
			if orders != nil && orders[o.Cell] != 0 {
				value = orders[o.Cell]
			}
			if o.Text {
				out.Text = s.table.texts.text(value)
				continue
			}
			out.Values[v] = uint64(value)
		}
		v++
	}
}

// meanAge is the curr-weighted mean age of a rate's windows: what is said of a sum that has
// no previous window. Only then are the shares looked at one by one.
func (s *shard) meanAge(r *row, o *aggregate.Op, now32 uint32) uint32 {
	var weight, total uint64
	for i, h := range s.heads(r) {
		if h.state&idle != 0 {
			continue
		}
		w := aggregate.WindowOf(s.cells(r, i)[o.Cell:])
		weight += uint64(w.Curr)
		total += uint64(w.Curr) * uint64(max(0, int32(now32-w.Start)))
	}
	if weight == 0 {
		return 0
	}
	return uint32(total / weight)
}
