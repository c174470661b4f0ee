package table

// Several readers may be told the same rows, read once by one of them: then they follow it.
// What a follower may never do is pass a row that it was not told of. So it only ever takes over a
// place that it stands at or behind with nothing untold between: that of a reader whose
// rows it was given since both stood together, or one that it has come to by reading itself.

// Follow puts r where o stands. The caller has seen to it that r is told all that o has read since they
// stood together. Neither may be in use by anybody else.
func (r *Reader) Follow(o *Reader) {
	for i := range r.stand {
		if r.stand[i] != o.stand[i] {
			s := &r.table.shards[i]
			s.mu.Lock()
			s.move(mark(r.number, reading), mark(o.number, reading))
			s.renote(r.number, o.number)
			s.mu.Unlock()
			r.stand[i] = o.stand[i]
		}
	}
	r.seen, r.halfway = o.seen, o.halfway
}

// Meet reads as Read does, but in no shard beyond the place where o stands, if it comes by there. It
// reports whether r stands at o's place now in every shard, or beyond: then either of them
// may follow the other, r if it is not ahead, o if it need not tell anybody what r has read alone.
func (r *Reader) Meet(now int64, expire uint32, o *Reader, out *Rows) (n int, met, ahead bool) {
	t := r.table
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.plan != nil {
		out.Schema = t.plan.Schema
	}
	before := len(out.Rows)
	for range shards {
		if !r.beside(o, r.next) {
			r.met = false
			if !r.readOn(now, expire, mark(o.number, reading), out) {
				return len(out.Rows) - before, false, false
			}
			if r.met {
				r.stand[r.next], r.halfway[r.next] = o.stand[r.next], o.halfway[r.next]
			} else {
				ahead = true // it has come to the end of the list
			}
		}
		r.next = (r.next + 1) % shards
	}
	return len(out.Rows) - before, true, ahead
}

// beside reports whether r stands where o does in a shard, and sees to it that both call it
// so: they do if both have read all there is.
func (r *Reader) beside(o *Reader, shard int) bool {
	if v := r.table.shards[shard].version.Load(); r.seen[shard] == v && o.seen[shard] == v {
		r.stand[shard] = o.stand[shard]
	}
	return r.stand[shard] == o.stand[shard]
}
