package load

import (
	"encoding/binary"
	"errors"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// inSize holds the largest message, and what a busy target sends in a millisecond.
const inSize = 256 << 10

// read hears the target until the session ends.
func (n *node) read() {
	buf := make([]byte, inSize)
	have := copy(buf, n.rest)
	for {
		used, err := n.take(buf[:have], n.f.now())
		if err != nil {
			n.f.fail(n, err)
			return
		}
		have = copy(buf, buf[used:have])
		k, err := n.conn.Read(buf[have:])
		if err != nil {
			n.f.fail(n, err)
			return
		}
		n.bytes.Add(uint64(k))
		have += k
	}
}

// take takes whole messages and tells how many bytes they were.
func (n *node) take(b []byte, now time.Duration) (used int, err error) {
	h := &n.rx
	h.Lock()
	defer h.Unlock()
	rows, total, ack := uint64(0), n.total.Load(), uint64(0)
	for {
		m, size, err := wire.Next(b[used:])
		if errors.Is(err, wire.ErrShort) {
			break
		}
		if err != nil {
			return used, err
		}
		used += size
		switch {
		case m.Class == wire.ClassStick && isUpdate(m.Type):
			rows++
			total += h.update(n, m, now)
			ack = uint64(h.table)<<32 | uint64(h.last)
		case m.Class == wire.ClassStick:
			if err := h.other(n, m); err != nil {
				return used, err
			}
		case m.Class == wire.ClassControl:
			n.control(m.Type)
		default:
			return used, errors.New("the target complains about us")
		}
	}
	n.rows.Add(rows)
	n.total.Store(total)
	if ack != 0 && !n.learning.Load() {
		n.pending.Store(ack)
	}
	return used, nil
}

func isUpdate(typ byte) bool {
	return typ == wire.UpdateFull || typ == wire.UpdateIncremental || typ == wire.UpdateTimed || typ == wire.UpdateIncrementalTimed
}

// control takes a message without a payload.
func (n *node) control(typ byte) {
	switch typ {
	case wire.ResyncRequest:
		n.asks.Add(1)
	case wire.ResyncFinished, wire.ResyncPartial:
		n.ended.Add(1)
	case wire.ResyncConfirm:
		n.confirms.Add(1)
	}
}

// other takes a definition, a switch or an ack.
func (h *heard) other(n *node, m wire.Message) error {
	switch m.Type {
	case wire.Ack:
		table, id, err := wire.ParseAck(m.Payload)
		if err == nil && table == sourceID {
			n.acked.Store(id)
		}
		return err
	case wire.Switch:
		id, err := wire.ParseSwitch(m.Payload)
		h.table, h.from = id, h.tables[id]
		return err
	case wire.Definition:
		var s stick.Schema
		id, err := wire.ParseDefinition(m.Payload, &s)
		if err != nil {
			return err
		}
		if h.tables[id] == nil && s.Name == n.f.cfg.Twin {
			if h.tables[id], err = compile(&s); err != nil {
				return err
			}
		}
		h.table, h.from = id, h.tables[id]
	}
	return nil
}

// update takes a sum, and returns by how much the sum of all sums has grown.
func (h *heard) update(n *node, m wire.Message, now time.Duration) (grown uint64) {
	b := m.Payload
	if m.Type == wire.UpdateFull || m.Type == wire.UpdateTimed {
		if len(b) < 4 {
			h.wrong.Unread++
			return 0
		}
		h.last = binary.BigEndian.Uint32(b)
		b = b[4:]
	} else {
		h.last++
	}
	if h.from == nil {
		return 0 // another table, such as our own entries that are given back
	}
	if m.Type == wire.UpdateTimed || m.Type == wire.UpdateIncrementalTimed {
		b = b[min(4, len(b)):]
	}
	k, size, ok := h.from.keys.parse(b)
	k -= n.f.cfg.First
	if !ok || int(k) >= len(h.sums) {
		if !n.f.cfg.Others {
			h.wrong.Unread++
		}
		return 0
	}
	sum, mixed, ok := h.from.parseRow(b[size:])
	if !ok {
		h.wrong.Unread++
		return 0
	}
	if n.f.cfg.Hear != nil {
		n.f.cfg.Hear(k, sum, n.f.epoch.Add(now))
		return 0
	}
	if mixed {
		h.wrong.mixed(k)
	}
	old := h.sums[k]
	h.sums[k] = uint32(sum)
	if uint32(sum) < old {
		h.wrong.fell(k)
	} else if probe := int(k) - (len(h.sums) - probeKeys); probe >= 0 && h.interval > 0 {
		h.probed(uint64(probe), old, uint32(sum), now)
	}
	return sum - uint64(old)
}

// probed notes how long probes have taken: this one, and those of the same key that it has
// overtaken. Each counts from when it was due, not from when it was sent.
func (h *heard) probed(slot uint64, old, sum uint32, now time.Duration) {
	for v := old; v < sum; v++ {
		number := uint64(v)*probeKeys + slot
		if number >= h.first {
			h.latency.Add(now - h.start - time.Duration(number-h.first)*h.interval)
		}
	}
}
