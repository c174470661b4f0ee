package daemon

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"tallystick/internal/logs"
	"tallystick/internal/node"
	"tallystick/internal/view"
)

// stillFor is how long a section may not have looked after what is due before we say that it
// makes no progress: it looks once a second at least, and a rebuild of a large table keeps it from that for
// less than a second.
const stillFor = 15 * time.Second

// Samples implements view.Meter.
func (b *backend) Samples() []view.Sample {
	var list []view.Sample
	for _, s := range b.now.Load().sections {
		for _, t := range s.Tables() {
			if t.Schema != nil {
				list = append(list, view.Sample{Section: s.ID(), Table: t.Name, In: t.Stats.Updates, Out: t.Told,
					Rows: int64(t.Stats.Rows), Bytes: int64(t.Stats.Bytes), Lag: lagOf(&t)})
			}
		}
	}
	return list
}

// lagOf is how long changes of a table waited lately.
func lagOf(t *node.TableView) *view.Lag {
	if !t.Timed {
		return nil
	}
	return &view.Lag{P50: t.P50, P99: t.P99}
}

// EventsAfter implements view.Meter.
func (b *backend) EventsAfter(seq uint64) []view.Event {
	var list []view.Event
	for _, e := range b.logs.EventsAfter(seq) {
		list = append(list, eventOf(&e))
	}
	return list
}

// eventOf is one event as observers have it. Whom it concerns is among its details.
func eventOf(e *logs.Event) view.Event {
	v := view.Event{Time: e.Time, Level: logs.LevelWord(e.Level), Text: e.Message, Seq: e.Seq}
	for _, f := range e.Fields {
		v.Text += fmt.Sprintf(" %s=%v", f.Key, f.Value)
		switch f.Key {
		case "section":
			v.Section = f.Value.String()
		case "peer":
			v.Peer = f.Value.String()
		}
	}
	return v
}

// Alive implements view.Meter.
func (b *backend) Alive() error {
	for _, s := range b.now.Load().sections {
		if still := time.Since(s.Ticked()); s.run.started() && still > stillFor {
			return fmt.Errorf("section %s has not moved for %v", s.ID(), still.Round(time.Second))
		}
	}
	return nil
}

// weighLessons fills in how many rows the lessons have that we are giving: those of all tables that
// the peer takes.
func weighLessons(s *view.Section) {
	for i := range s.Peers {
		p := &s.Peers[i]
		if !p.Teaching.Running {
			continue
		}
		for j := range s.Tables {
			for _, to := range s.Tables[j].Receivers {
				if to.Peer == p.Name && to.NotTo == "" {
					p.Teaching.Total += s.Tables[j].Rows
				}
			}
		}
	}
}

// residentBytes is our memory as the system counts it, 0 where it does not tell.
func residentBytes() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize())
}

var _ view.Meter = (*backend)(nil)
