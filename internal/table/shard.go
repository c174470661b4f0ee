package table

import (
	"encoding/binary"
	"reflect"
	"sync"
	"sync/atomic"

	"tallystick/internal/aggregate"
)

// shard is a part of a table. Everything in it is guarded by mu, which is a leaf: nothing
// is called out of the package while it is held.
type shard struct {
	table   *Table
	version atomic.Uint64 // grows with each touch; read without the lock

	mu      sync.Mutex
	plan    *aggregate.Plan
	layout  layout
	clock   uint32 // the latest tick that it was told
	index   index
	rows    rows
	keys    keys
	blocks  []blocks // by class
	dues    dues
	swept   uint32 // the chunk at which advance goes on
	marks   []link
	since   []int64  // by reader: when the first came of what it has not read; see late.go
	ended   []int    // readers that have read all, until there is something new
	readAt  uint32   // the latest tick in which a reader has read
	gone    uint64   // rows removed: a place found before may be another row's by now
	shares  int      // in all rows
	news    []uint32 // cells of the share that is being applied
	sums    []uint64 // sum of a row that keeps none
	olds    []uint64 // sum of the row that is being aligned, as it was
	key     []byte   // of the row that is being carried
	expired uint64   // contributions whose life has ended
	emptied uint64   // rows that went with the last of them
	touched uint32   // so that what is touched ahead is not for nothing in the compiler's eyes
	dice    uint64   // state of the generator that samples for eviction
}

func (s *shard) init(t *Table, number uint64) {
	s.table = t
	s.dice = t.seed ^ number | 1
	s.marks = []link{{ends, ends}}
}

// lay sets the plan of an empty shard.
func (s *shard) lay(p *aggregate.Plan) {
	s.plan, s.layout = p, layoutOf(p)
	s.rows, s.keys, s.blocks = rows{places: places{shift: mostShift}}, keys{kind: p.Schema.KeyType}, nil
	s.index, s.dues, s.swept = index{}, dues{}, 0
	s.gone, s.shares = s.gone+1, 0
	s.news, s.sums, s.olds = make([]uint32, p.Cells), make([]uint64, p.Words), make([]uint64, p.Words)
}

// bytes is the memory of the shard's rows.
func (s *shard) bytes() (n int) {
	n = s.index.bytes() + size(s.rows.chunks) + 4*(len(s.dues.chunks)+len(s.dues.groups))
	for i := range s.keys.blocks {
		n += size(s.keys.blocks[i].chunks)
	}
	for i := range s.blocks {
		b := &s.blocks[i]
		n += size(b.heads) + size(b.cells) + size(b.sums)
	}
	return n
}

// size is the memory of chunks.
func size[T any](chunks [][]T) (n int) {
	var one T
	for _, c := range chunks {
		n += len(c) * int(reflect.TypeOf(one).Size())
	}
	return n
}

// findRow returns the place of a key's row, or 0.
func (s *shard) findRow(hash uint32, key []byte) uint32 {
	p := s.index.pageFor(hash)
	if p == nil {
		return 0
	}
	for i := home(hash); p.slots[i].ref != 0; i = behind(i) {
		if e := p.slots[i]; e.tag == hash && s.isRowOf(e.ref, key) {
			return e.ref
		}
	}
	return 0
}

// isRowOf reports whether a row is that of a key.
func (s *shard) isRowOf(id uint32, key []byte) bool { return s.keys.is(s.rows.at(id).key, key) }

// findShare returns where a lane's share of a key is.
func (s *shard) findShare(hash uint32, lane uint16, key []byte) (id uint32, i int, ok bool) {
	if id = s.findRow(hash, key); id == 0 {
		return 0, 0, false
	}
	i, ok = find(s.heads(s.rows.at(id)), lane)
	return id, i, ok
}

// addRow makes a row without shares. It is in no list yet.
func (s *shard) addRow(hash uint32, key []byte) uint32 {
	id := s.rows.take()
	s.dues.reach(id)
	*s.rows.at(id) = row{key: s.keys.put(key), due: never, refresh: never}
	s.index.add(hash, id)
	return id
}

// addShare gives a row a share of a lane at i, that holds zeros.
func (s *shard) addShare(id uint32, i int, l *Lane) {
	r := s.rows.at(id)
	s.widen(r, i, l.id)
	s.heads(r)[i].state = l.idleness()
	r.live++
	l.live.Add(1)
	s.shares++
}

// removeShare takes a share out of its row: out of the sum and out of the block. The row
// stays, whatever is left of it.
func (s *shard) removeShare(id uint32, i int) {
	r := s.rows.at(id)
	h := s.heads(r)[i]
	s.fold(r, i, nil)
	if h.state&expired == 0 {
		r.live--
		s.table.lanes[h.lane].live.Add(-1)
	}
	s.narrow(r, i)
	s.shares--
	s.redecide(r, uint64(h.lane))
}

// removeRow takes a row out of everything.
func (s *shard) removeRow(id uint32) {
	r := s.rows.at(id)
	for r.shares != 0 {
		s.removeShare(id, int(r.shares)-1)
	}
	s.unlink(id)
	s.index.remove(s.hashOf(r), id)
	s.keys.give(r.key)
	s.rows.give(id)
	s.gone++
	s.table.budget.give()
}

// hashOf is the hash of a row's key, as the index knows it.
func (s *shard) hashOf(r *row) uint32 {
	var short [4]byte
	if s.keys.inline() {
		binary.BigEndian.PutUint32(short[:], r.key)
		return uint32(s.table.hash(short[:]))
	}
	return uint32(s.table.hash(s.keys.get(r.key)))
}

// redecide finds who decides the Latest columns that a lane has decided until now.
func (s *shard) redecide(r *row, owner uint64) {
	if !s.plan.History || r.shares == 0 {
		return
	}
	sum := s.kept(r)
	for i := range s.plan.Ops {
		o := &s.plan.Ops[i]
		if o.Rule != aggregate.Latest || aggregate.LatestOwner(sum[o.Word:]) != owner {
			continue
		}
		var best aggregate.Candidate
		for j := range s.heads(r) {
			if c := s.candidate(r, j, o.Cell); c.Value != 0 && (best.Owner == aggregate.Nobody || c.Beats(best)) {
				best = c
			}
		}
		aggregate.SetLatest(sum[o.Word:], best.Value, best.Owner)
	}
}

// candidate is a share's say about a Latest column: none if it does not count.
func (s *shard) candidate(r *row, i, cell int) aggregate.Candidate {
	if h := s.heads(r)[i]; h.state&(expired|idle) != 0 || s.isOver(h) {
		return aggregate.Candidate{}
	}
	return s.opinion(r, i, cell)
}

// opinion is what a share would say about a Latest column if it counted.
func (s *shard) opinion(r *row, i, cell int) aggregate.Candidate {
	h := s.heads(r)[i]
	c := aggregate.Candidate{Value: s.cells(r, i)[cell], Life: never, Order: s.table.lanes[h.lane].order, Owner: uint64(h.lane)}
	if h.until != never {
		c.Life = max(h.until, s.clock) - s.clock
	}
	return c
}
