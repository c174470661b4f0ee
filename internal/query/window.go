package query

// Window reads the three numbers of a rate: the age of its present window in ms, the events of
// it, and those of the one before. They are 0 where a row does not have them, and for all other cells.
func (c Cell) Window(values []uint64) (age, curr, prev uint64) {
	if c.Column.Period == 0 || len(values) < c.at+3 {
		return 0, 0, 0
	}
	return values[c.at], values[c.at+1], values[c.at+2]
}
