package table

import (
	"sync"
	"sync/atomic"

	"tallystick/internal/aggregate"
)

// shard is a part of a table. Everything in it is guarded by mu, which is a leaf: nothing
// is called out of the package while it is held.
type shard struct {
	table   *Table
	version atomic.Uint64 // grows with each touch; read without the lock

	mu     sync.Mutex
	plan   *aggregate.Plan
	clock  uint32 // tick until which the wheel has been settled
	index  index
	rows   slab[row, uint64]   // with sums
	shares slab[share, uint32] // with cells
	arena  arena
	marks  []link
	wheel  []uint32 // first row of each bucket; made when it is needed
	news   []uint32 // cells of the share that is being applied
	olds   []uint64 // sum of the row that is being aligned, as it was
	dice   uint64   // state of the generator that samples for eviction
}

func (s *shard) init(t *Table, number uint64) {
	s.table = t
	s.dice = t.seed ^ number | 1
	s.marks = []link{{ends, ends}}
}

// lay sets the plan of an empty shard.
func (s *shard) lay(p *aggregate.Plan) {
	s.plan = p
	s.rows = slab[row, uint64]{width: p.Words}
	s.shares = slab[share, uint32]{width: p.Cells}
	s.news = make([]uint32, p.Cells)
	s.index, s.arena, s.wheel = index{}, arena{}, nil
}

func (s *shard) bytes() int {
	const rowBytes, shareBytes = 96, 16
	return len(s.rows.items)*chunk*(rowBytes+8*s.rows.width) + len(s.shares.items)*chunk*(shareBytes+4*s.shares.width) +
		8*len(s.index.slots) + len(s.arena.chunks)*arenaChunk + 4*len(s.wheel)
}

// keyOf is a row's key, where it is kept.
func (s *shard) keyOf(r *row) []byte {
	if r.klen > inlineKey {
		return s.arena.get(reference(&r.key), int(r.klen))
	}
	return r.key[:r.klen]
}

// findRow returns the place of a key's row, or 0.
func (s *shard) findRow(hash uint32, key []byte) uint32 {
	if len(s.index.slots) == 0 {
		return 0
	}
	mask := uint32(len(s.index.slots) - 1)
	tag := tagOf(hash, 0)
	for i := tag & mask; ; i = (i + 1) & mask {
		e := s.index.slots[i]
		if e.ref == 0 {
			return 0
		}
		if e.tag == tag && e.ref&isShare == 0 && string(s.keyOf(s.rows.at(e.ref))) == string(key) {
			return e.ref
		}
	}
}

// findShare returns the place of a lane's share of a key, or 0.
func (s *shard) findShare(hash uint32, lane uint16, key []byte) uint32 {
	if len(s.index.slots) == 0 {
		return 0
	}
	mask := uint32(len(s.index.slots) - 1)
	tag := tagOf(hash, lane)
	for i := tag & mask; ; i = (i + 1) & mask {
		e := s.index.slots[i]
		if e.ref == 0 {
			return 0
		}
		if e.tag != tag || e.ref&isShare == 0 {
			continue
		}
		if sh := e.ref &^ isShare; s.isShareOf(sh, lane, key) {
			return sh
		}
	}
}

// addRow makes a row without shares. It is in no list yet.
func (s *shard) addRow(hash uint32, key []byte, now32 uint32) uint32 {
	id := s.rows.take()
	r := s.rows.at(id)
	*r = row{klen: uint32(len(key)), hash: hash, due: never, refresh: never, base: now32}
	if len(key) > inlineKey {
		setReference(&r.key, s.arena.put(key))
	} else {
		copy(r.key[:], key)
	}
	clear(s.rows.numbersAt(id))
	s.index.add(tagOf(hash, 0), id)
	return id
}

// addShare gives a row a share of a lane, that holds zeros.
func (s *shard) addShare(id uint32, l *Lane) uint32 {
	sh := s.shares.take()
	r := s.rows.at(id)
	*s.shares.at(sh) = share{row: id, next: r.shares, lane: l.id, state: l.idleness()}
	clear(s.shares.numbersAt(sh))
	r.shares = sh
	r.live++
	l.live.Add(1)
	s.index.add(tagOf(r.hash, l.id), sh|isShare)
	return sh
}

// removeShare takes a share out of its row: out of the sums, out of the list, out of the
// index. The row stays, whatever is left of it.
func (s *shard) removeShare(sh uint32) {
	x := *s.shares.at(sh)
	r := s.rows.at(x.row)
	s.fold(x.row, sh, nil)
	at := &r.shares
	for *at != sh {
		at = &s.shares.at(*at).next
	}
	*at = x.next
	if x.state&expired == 0 {
		r.live--
		s.table.lanes[x.lane].live.Add(-1)
	}
	s.index.remove(tagOf(r.hash, x.lane), sh|isShare)
	*s.shares.at(sh) = share{}
	s.shares.give(sh)
	s.redecide(x.row, uint64(x.lane))
}

// removeRow takes a row out of everything.
func (s *shard) removeRow(id uint32) {
	r := s.rows.at(id)
	for r.shares != 0 {
		s.removeShare(r.shares)
	}
	s.unlink(id)
	s.unschedule(id)
	s.index.remove(tagOf(r.hash, 0), id)
	if r.klen > inlineKey {
		s.arena.give(reference(&r.key), int(r.klen))
	}
	r.klen = free
	s.rows.give(id)
	s.table.budget.give()
}

// fold replaces a share's cells by others, zeros if they are nil, in the share and, if it is
// in them, in the sums. Latest columns are the caller's.
func (s *shard) fold(id, sh uint32, news []uint32) {
	cells := s.shares.numbersAt(sh)
	if news == nil {
		clear(s.news)
		news = s.news
	}
	if s.shares.at(sh).state&idle == 0 {
		s.plan.Fold(s.rows.numbersAt(id), cells, news, s.rows.at(id).base)
	}
	copy(cells, news)
}

// redecide finds who decides the Latest columns that a lane has decided until now.
func (s *shard) redecide(id uint32, owner uint64) {
	sum := s.rows.numbersAt(id)
	for i := range s.plan.Ops {
		o := &s.plan.Ops[i]
		if o.Rule != aggregate.Latest || aggregate.LatestOwner(sum[o.Word:]) != owner {
			continue
		}
		var best aggregate.Candidate
		for sh := s.rows.at(id).shares; sh != 0; sh = s.shares.at(sh).next {
			if c := s.candidate(sh, o.Cell); c.Value != 0 && (best.Owner == aggregate.Nobody || c.Beats(best)) {
				best = c
			}
		}
		aggregate.SetLatest(sum[o.Word:], best.Value, best.Owner)
	}
}

// candidate is a share's say about a Latest column: none if it does not count.
func (s *shard) candidate(sh uint32, cell int) aggregate.Candidate {
	if s.shares.at(sh).state&(expired|idle) != 0 {
		return aggregate.Candidate{}
	}
	return s.opinion(sh, cell)
}

// opinion is what a share would say about a Latest column if it counted.
func (s *shard) opinion(sh uint32, cell int) aggregate.Candidate {
	x := s.shares.at(sh)
	c := aggregate.Candidate{Value: s.shares.numbersAt(sh)[cell], Life: never, Order: s.table.lanes[x.lane].order, Owner: uint64(x.lane)}
	if x.until != never {
		c.Life = max(x.until, s.clock) - s.clock
	}
	return c
}

// rebase counts the moments of a row's rates from now on near now.
func (s *shard) rebase(id, now32 uint32) {
	r := s.rows.at(id)
	sum := s.rows.numbersAt(id)
	r.base = now32
	for i := range s.plan.Ops {
		o := &s.plan.Ops[i]
		if o.Rule != aggregate.Rate {
			continue
		}
		clear(sum[o.Word : o.Word+3])
		for sh := r.shares; sh != 0; sh = s.shares.at(sh).next {
			if s.shares.at(sh).state&idle == 0 {
				aggregate.FoldRate(sum[o.Word:], aggregate.Window{}, aggregate.WindowOf(s.shares.numbersAt(sh)[o.Cell:]), now32)
			}
		}
	}
}
