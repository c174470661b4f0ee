package table

// How long changes wait until a reader comes by. For each reader that has come to the end of a shard the first
// update that changes something there afterwards notes when it came: that is the oldest of what the reader finds
// at its next visit. So an update costs a look at the length of a list, once for a run of rows in a shard, and
// a note is written once for each visit of a reader to the end, whatever changes meanwhile.
//
// What is not known is not guessed. After a rewind (a lesson, another session) nothing is noted until the
// reader has come to the end once. What time alone has
// changed, lives and windows that end, counts as no update. If a reader stops half-way, since there
// is no more room, what it has left waits since the same note, but never for longer than the first
// row of it, whose last touch is known to 64 ms.

// Stamp tells when the rows of the next Apply came: ns of the clock whose ms Apply is told. 0, as at
// first, means that they are not to be timed. It belongs to the lane's goroutine.
func (l *Lane) Stamp(ns int64) { l.stamp = ns }

// Notes of a reader in a shard are stamps; or one of these.
const (
	unknown = 0  // when the first of what it has not read came
	upToEnd = -1 // it has read all, and is one of s.ended
)

// note tells all readers that have read everything when something new has come. s.mu is held.
func (s *shard) note(stamp int64) {
	if stamp == 0 {
		return // unnoted: the next one is taken for the first
	}
	for _, reader := range s.ended {
		s.since[reader] = stamp
	}
	s.ended = s.ended[:0]
}

// reached notes that a reader has come to the end of the shard.
func (s *shard) reached(reader int) {
	if s.since[reader] != upToEnd {
		s.since[reader] = upToEnd
		s.ended = append(s.ended, reader)
	}
}

// unnote forgets what is known of a reader.
func (s *shard) unnote(reader int) {
	if s.since[reader] == upToEnd {
		for i, r := range s.ended {
			if r == reader {
				s.ended[i] = s.ended[len(s.ended)-1]
				s.ended = s.ended[:len(s.ended)-1]
				break
			}
		}
	}
	s.since[reader] = unknown
}

// renote notes of a reader what is noted of another one, at whose place it has come.
func (s *shard) renote(reader, other int) {
	if s.since[other] == upToEnd {
		s.reached(reader)
		return
	}
	s.unnote(reader)
	s.since[reader] = s.since[other]
}

// waited tells out how old the oldest is of what a reader is about to read in a shard.
func (r *Reader) waited(i int, s *shard, out *Rows) {
	since := s.since[r.number]
	if since <= 0 {
		return
	}
	if r.halfway[i] {
		if next := s.linkOf(mark(r.number, reading)).next; next&isMark == 0 {
			since = max(since, int64(s.rows.at(next).touched)<<tickShift*1e6)
		}
	}
	out.Oldest = Older(out.Oldest, since)
}

// Older is the older of two stamps, of which 0 is none.
func Older(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
