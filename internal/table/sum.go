package table

import "tallystick/internal/aggregate"

// kept is the sum that is kept of a row, with the base of its rates (aggregate.FoldRate)
// behind its words; nil if the row has few shares.
func (s *shard) kept(r *row) []uint64 {
	if int(r.shares) <= s.layout.few {
		return nil
	}
	return s.blocks[classOf(int(r.shares))].sumAt(r.block)
}

// baseOf is the base of a kept sum.
func baseOf(kept []uint64) uint32 { return uint32(kept[len(kept)-1]) }

// total is the sum of a row's shares and the base of its rates. It is valid until anything
// happens to the shard.
func (s *shard) total(r *row) (sum []uint64, base uint32) {
	if k := s.kept(r); k != nil {
		return k[:len(k)-1], baseOf(k)
	}
	base = s.clock << tickShift
	s.add(s.sums, r, base)
	return s.sums, base
}

// add makes sum that of a row's shares that count. It leaves Latest columns alone, which
// are in no sum but a kept one.
func (s *shard) add(sum []uint64, r *row, base uint32) {
	clear(sum)
	for i, h := range s.heads(r) {
		if h.state&idle == 0 {
			s.plan.Add(sum, s.cells(r, i), base)
		}
	}
}

// sumUp makes the sum beside n shares of a block that had none until now.
func (s *shard) sumUp(b *blocks, place uint32, n int) {
	k := b.sumAt(place)
	clear(k)
	base := s.clock << tickShift
	k[len(k)-1] = uint64(base)
	for i, h := range b.headsAt(place)[:n] {
		if h.state&idle == 0 {
			s.plan.Add(k, b.cellsAt(place, i), base)
		}
	}
}

// fold replaces a share's cells by others, zeros if they are nil, in the share and, if it is
// in one that is kept, in the sum. Latest columns are the caller's.
func (s *shard) fold(r *row, i int, news []uint32) {
	cells := s.cells(r, i)
	if news == nil {
		clear(s.news)
		news = s.news
	}
	if k := s.kept(r); k != nil && s.heads(r)[i].state&idle == 0 {
		s.plan.Fold(k, cells, news, baseOf(k))
	}
	copy(cells, news)
}

// rebase counts the moments of a kept sum's rates from now on near now.
func (s *shard) rebase(r *row, now32 uint32) {
	k := s.kept(r)
	k[len(k)-1] = uint64(now32)
	for j := range s.plan.Ops {
		o := &s.plan.Ops[j]
		if o.Rule != aggregate.Rate {
			continue
		}
		clear(k[o.Word : o.Word+3])
		for i, h := range s.heads(r) {
			if h.state&idle == 0 {
				aggregate.FoldRate(k[o.Word:], aggregate.Window{}, aggregate.WindowOf(s.cells(r, i)[o.Cell:]), now32)
			}
		}
	}
}
