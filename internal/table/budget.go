package table

import "sync/atomic"

// Budget limits the rows of the tables that share it. Safe for concurrent use.
type Budget struct {
	max                    int64
	used, evicted, refused atomic.Int64
}

// NewBudget makes a budget of max rows.
func NewBudget(max int64) *Budget { return &Budget{max: max} }

// Max is the limit.
func (b *Budget) Max() int64 { return b.max }

// Used is how many rows there are.
func (b *Budget) Used() int64 { return b.used.Load() }

// Evicted is how many rows have made room for others of the same peer.
func (b *Budget) Evicted() int64 { return b.evicted.Load() }

// Refused is how many rows found no room.
func (b *Budget) Refused() int64 { return b.refused.Load() }

// take takes a row from the budget and reports whether there was one.
func (b *Budget) take() bool {
	if b.used.Add(1) > b.max {
		b.used.Add(-1)
		return false
	}
	return true
}

func (b *Budget) give() { b.used.Add(-1) }
