package table

// arena holds long keys in blocks of powers of two, which are used again.
type arena struct {
	chunks [][]byte
	fresh  uint32 // first unit of the last chunk that was never used
	frees  [12][]uint32
}

const (
	unit       = 32      // bytes; a reference counts them
	arenaChunk = 1 << 17 // bytes of a chunk: above the longest message
)

// class is the block for n bytes: unit << class.
func class(n int) (c int) {
	for unit<<c < n {
		c++
	}
	return c
}

func (a *arena) put(b []byte) (ref uint32) {
	c := class(len(b))
	if n := len(a.frees[c]); n > 0 {
		ref = a.frees[c][n-1]
		a.frees[c] = a.frees[c][:n-1]
	} else {
		units := uint32(1) << c
		if len(a.chunks) == 0 || a.fresh+units > arenaChunk/unit {
			a.chunks = append(a.chunks, make([]byte, arenaChunk))
			a.fresh = 0
		}
		ref = uint32(len(a.chunks)-1)*(arenaChunk/unit) + a.fresh
		a.fresh += units
	}
	copy(a.get(ref, len(b)), b)
	return ref
}

func (a *arena) get(ref uint32, n int) []byte {
	o := ref % (arenaChunk / unit) * unit
	return a.chunks[ref/(arenaChunk/unit)][o : int(o)+n]
}

func (a *arena) give(ref uint32, n int) {
	c := class(n)
	a.frees[c] = append(a.frees[c], ref)
}
