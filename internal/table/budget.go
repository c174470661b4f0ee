package table

import "sync/atomic"

// Budget limits the rows of the tables that share it. Safe for concurrent use.
type Budget struct {
	max, used, evicted, refused atomic.Int64
}

// NewBudget makes a budget of max rows.
func NewBudget(max int64) *Budget {
	b := &Budget{}
	b.SetMax(max)
	return b
}

// SetMax changes the limit. Rows that are too many by then stay: each new one makes two of
// its peer's go, or is refused, until the limit holds.
func (b *Budget) SetMax(max int64) { b.max.Store(max) }

// Max is the limit.
func (b *Budget) Max() int64 { return b.max.Load() }

// Used is how many rows there are.
func (b *Budget) Used() int64 { return b.used.Load() }

// Evicted is how many rows have made room for others of the same peer.
func (b *Budget) Evicted() int64 { return b.evicted.Load() }

// Refused is how many rows found no room.
func (b *Budget) Refused() int64 { return b.refused.Load() }

// take takes a row from the budget and reports whether there was one.
func (b *Budget) take() bool {
	for used := b.used.Load(); used < b.max.Load(); used = b.used.Load() {
		if b.used.CompareAndSwap(used, used+1) {
			return true
		}
	}
	return false
}

// full reports whether there is no row left.
func (b *Budget) full() bool { return b.used.Load() >= b.max.Load() }

func (b *Budget) give() { b.used.Add(-1) }
