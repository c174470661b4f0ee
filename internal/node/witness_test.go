package node

import (
	"sync"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// witness reads along what a node is sent: a value that falls and rises again between two
// looks at the node is seen all the same.
type witness struct {
	mu      sync.Mutex
	current *stick.Schema
	texts   wire.InDictionary
	values  []uint64 // http_req_cnt of alice in web.agg, in the order in which they came
	updates int      // of whatever table
}

// trace is what a fakepeer.Config wants.
func (w *witness) trace(direction byte, b []byte) {
	m, _, err := wire.Next(b)
	if direction != '>' || err != nil || m.Class != wire.ClassStick {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case m.Type == wire.Definition:
		w.current = &stick.Schema{}
		if _, err := wire.ParseDefinition(m.Payload, w.current); err != nil {
			panic(err)
		}
	case m.Type == wire.UpdateFull, m.Type == wire.UpdateTimed: // we send no others
		_, row, _, err := wire.ParseUpdate(m, w.current, 0, &w.texts, nil)
		if err != nil {
			panic(err)
		}
		w.updates++
		w.take(&row)
	}
}

func (w *witness) take(row *stick.Row) {
	if w.current.Name != "web.agg" || string(row.Key) != alice {
		return
	}
	at := 0
	for _, c := range w.current.Columns {
		if c.Type == stick.HTTPReqCnt {
			w.values = append(w.values, row.Values[at])
		}
		at += c.Words()
	}
}

// seen returns the values that have come since the last call.
func (w *witness) seen() (values []uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	values, w.values = w.values, nil
	return values
}

// count is how many updates have come.
func (w *witness) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.updates
}
