package session

import (
	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// maxOutput bounds what one Append appends, about: enough for a system call to be worth
// its price, and little enough for a slow peer to cost nothing.
const maxOutput = 64 << 10

// selected is the table that the peer takes our updates for: that of our last definition.
type selected struct {
	table  uint32
	schema *stick.Schema
}

// appendRows pulls one run of rows, and reports whether there was any and room for it.
func (s *Session) appendRows(b []byte, limit int) (out []byte, more bool) {
	room := limit - len(b)
	if room <= 0 {
		return b, false
	}
	run := &s.run
	*run = wire.Batch{Timed: s.minor > 0, Dict: &s.outDictionary, Limit: room, Buf: run.Buf[:0]}
	if !s.c.Sink.Pull(s.now, run) {
		return b, false
	}
	if len(run.Buf) == 0 {
		if run.Define { // an aggregator shall know the table before it has a row
			b = s.selectTable(b, run.Table, run.Schema)
		}
		return b, true // rows, but none that the peer can hold
	}
	if !s.countRows(run) {
		s.end(errRun)
		return b, false
	}
	b = s.selectTable(b, run.Table, run.Schema)
	return append(b, run.Buf...), true
}

// selectTable announces the table of a run if it is another one than that of the last
// run, or looks different by now.
func (s *Session) selectTable(b []byte, table uint32, schema *stick.Schema) []byte {
	last := &s.selected
	if last.schema != nil && last.table == table && (last.schema == schema || last.schema.Equal(schema)) {
		last.schema = schema
		return b
	}
	*last = selected{table, schema}
	s.stats.MessagesOut++
	return wire.AppendDefinition(b, table, schema)
}

// countRows counts the messages of a run. One that does not say how many there are is
// looked through, and false reported if it is not whole messages: what we say must be sound
// whatever the Sink does.
func (s *Session) countRows(run *wire.Batch) bool {
	n := run.Updates
	for buf := run.Buf; run.Updates == 0 && len(buf) > 0; n++ {
		_, size, err := wire.Next(buf)
		if err != nil {
			return false
		}
		buf = buf[size:]
	}
	s.stats.MessagesOut += uint64(n)
	s.stats.UpdatesOut += uint64(n)
	return true
}

// appendPush says what has changed, as far as there is room. A peer that waits for its
// lesson is not sent anything else before the answer.
func (s *Session) appendPush(b []byte, limit int) []byte {
	for more := !s.isAskedFor(); more; {
		b, more = s.appendRows(b, limit)
	}
	return b
}
