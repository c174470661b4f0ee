package session

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// Bounds of what a peer can make a session keep.
const (
	// maxTables bounds the tables that are told apart. How many of them are taken is the
	// Source's business; this is what may be announced at all.
	maxTables = 256
	// maxName bounds the name of a table, in bytes. HAProxy's are names of proxies.
	maxName = 256
	// maxPayload bounds the definitions that are kept to compare the next one with. A longer
	// one has much behind its end that nobody knows, and is read each time.
	maxPayload = 1024
)

// table is one table of the peer, known by its name for as long as the session lives.
type table struct {
	id      uint32        // the peer's id of it; valid while byID leads here
	payload []byte        // of its last definition: HAProxy repeats it before every run of updates
	schema  *stick.Schema // as last defined
	lane    Lane          // where its rows go
	refused bool          // the Source does not want it: rows are decoded and dropped
	last    uint32        // id of its last update in this session: an incremental one is the next
	ack     uint32        // id of the last update applied outside a lesson
	owed    bool          // that ack is to be said
	place   *place        // in Memory; nil: look it up
}

// unusable is a table whose definition makes no sense to us.
type unusable struct {
	table string
	err   error
}

// define takes a definition, which also selects the table for the updates that follow.
// The same one again costs a comparison.
func (s *Session) define(payload []byte) error {
	s.stats.DefinitionsIn++
	if t := s.repeated(payload); t != nil {
		s.current = t
		return nil
	}
	schema := new(stick.Schema)
	id, err := wire.ParseDefinition(payload, schema)
	var fault *wire.Error
	if errors.As(err, &fault) && fault.Table {
		s.unbind(id)
		s.stats.TablesRefused++
		s.unusable = unusable{schema.Name, fault}
		return nil
	}
	if err != nil {
		return err
	}
	s.flush() // rows that are waiting belong to the old definition
	s.unbind(id)
	t := s.named(schema.Name)
	if t == nil {
		s.stats.TablesRefused++
		return nil
	}
	if s.byID[t.id] == t {
		delete(s.byID, t.id) // it goes by another id now, and the old one is forgotten
	}
	t.id = id
	s.byID[id], s.current = t, t
	if t.payload = nil; len(payload) <= maxPayload {
		t.payload = bytes.Clone(payload)
	}
	if t.schema == nil || !t.schema.Equal(schema) {
		s.announce(t, schema)
	}
	return nil
}

// Unusable tells which table the peer has defined last in a way that makes no sense to us, and
// what is wrong; nil if there was none. Its updates are ignored, and the session goes on.
func (s *Session) Unusable() (table string, err error) { return s.unusable.table, s.unusable.err }

// repeated returns the table whose last definition was byte by byte the same, or nil.
func (s *Session) repeated(payload []byte) *table {
	id, _, err := wire.Varint(payload)
	if err != nil || id > 1<<32-1 {
		return nil
	}
	if t := s.byID[uint32(id)]; t != nil && t.payload != nil && bytes.Equal(t.payload, payload) {
		return t
	}
	return nil
}

// unbind forgets which table went by id, and leaves none selected: what follows belongs
// to the definition that is being read, or to nothing.
func (s *Session) unbind(id uint32) {
	delete(s.byID, id)
	s.current = nil
}

// named returns the table of that name, a new one if need be, or nil if the peer has
// announced too many or its name is too long.
func (s *Session) named(name string) *table {
	t := s.byName[name]
	if t == nil && len(name) <= maxName && len(s.byName) < maxTables {
		t = &table{}
		s.byName[name] = t
	}
	return t
}

// announce tells the Source of a new definition.
func (s *Session) announce(t *table, schema *stick.Schema) {
	lane, err := s.c.Source.Define(s.now, schema)
	t.schema, t.lane, t.refused = schema, lane, err != nil
	if err != nil {
		s.stats.TablesRefused++
	}
}

// Redefine announces every table of the peer to the Source again: what becomes of a table
// may be another thing by now. Rows of a table that was not wanted before were dropped: Relearn
// asks for them.
func (s *Session) Redefine(now time.Time) {
	s.pass(now)
	for _, name := range slices.Sorted(maps.Keys(s.byName)) {
		t := s.byName[name]
		if t.schema == nil {
			continue
		}
		s.announce(t, t.schema)
	}
}

// switchTo selects a table that was defined before. HAProxy never says it. If there is
// none of that id, updates are ignored until one is selected.
func (s *Session) switchTo(payload []byte) error {
	id, err := wire.ParseSwitch(payload)
	if err != nil {
		return err
	}
	s.current = s.byID[id]
	return nil
}
