package session

import (
	"bytes"
	"errors"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// Limits of what a peer may make us keep.
const (
	maxTables = 256 // definitions in one session
	batchRows = 256 // rows that wait for Source.Apply
)

// tables is what the peer has announced in this session. Its ids hold for the session only.
type tables struct {
	byID    map[uint32]*remote
	current *remote // the one that was defined or selected last; nil: updates are not for us
	dict    wire.InDictionary
	owing   []*remote // those with an ack to be said
	batch   batch
}

// remote is one table of the peer.
type remote struct {
	id      uint32
	payload []byte // of its definition: it is repeated before each run
	schema  *stick.Schema
	lane    Lane
	refused error  // its rows are decoded, and dropped
	last    uint32 // id of its last update
	ack     uint32
	owing   bool
}

// batch collects rows of one table.
type batch struct {
	table  *remote
	rows   []stick.Row
	values []uint64
}

func (t *tables) init() {
	t.byID = map[uint32]*remote{}
	t.batch.rows = make([]stick.Row, 0, batchRows)
}

// define takes a definition. It also selects the table.
func (s *Session) define(now time.Time, payload []byte) error {
	ts := &s.tables
	if id, _, err := wire.Varint(payload); err == nil {
		if t := ts.byID[uint32(id)]; t != nil && uint64(t.id) == id && bytes.Equal(t.payload, payload) {
			ts.current = t
			return nil
		}
	}
	schema := new(stick.Schema)
	id, err := wire.ParseDefinition(payload, schema)
	ts.current = nil
	var odd *wire.Error
	switch {
	case errors.As(err, &odd) && odd.Table: // as HAProxy does: the table is not for us
		s.counters.TablesRefused++
		return nil
	case err != nil:
		return err
	}
	for old, t := range ts.byID {
		if t.schema.Name == schema.Name && old != id {
			delete(ts.byID, old) // the name has another id now
		}
	}
	if ts.byID[id] == nil && len(ts.byID) >= maxTables {
		s.counters.TablesRefused++
		return nil
	}
	t := &remote{id: id, payload: bytes.Clone(payload), schema: schema}
	t.lane, t.refused = s.Source.Define(now, schema)
	ts.byID[id], ts.current = t, t
	s.counters.DefinitionsIn++
	return nil
}

// owe notes that an update is to be acked, once it has been applied.
func (s *Session) owe(t *remote, id uint32) {
	t.ack = id
	if !t.owing {
		t.owing = true
		s.tables.owing = append(s.tables.owing, t)
	}
}

// appendAcks acks what has been applied: one ack a table, for the last of its updates. It is
// called outside of lessons only, or right before our request.
func (s *Session) appendAcks(dst []byte) []byte {
	for _, t := range s.tables.owing {
		dst = wire.AppendAck(dst, t.id, t.ack)
		s.Memory.noteAck(t.schema.Name, t.ack)
		t.owing = false
		s.counters.AcksOut++
	}
	clear(s.tables.owing)
	s.tables.owing = s.tables.owing[:0]
	return dst
}
