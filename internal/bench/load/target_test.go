package load

import (
	"encoding/binary"
	"net"
	"strings"
	"sync"
	"testing"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// target is an aggregator of a hundred lines, which can be made to err.
type target struct {
	addr    string
	lie     func(key uint32, sum uint64) uint64 // what is told instead of a sum
	mix     bool                                // tells columns of different sums
	close   int                                 // sessions are closed after so many updates; 0: never
	mu      sync.Mutex
	shares  map[string]map[uint32]uint64 // by node and key
	peers   map[string]*peer
	lessons int // rows that came in lessons
	acks    int
	early   int // requests that came before the lesson before was confirmed
	listen  net.Listener
	wg      sync.WaitGroup
}

type peer struct {
	conn net.Conn
	twin *stick.Schema
	id   uint32

	unsure bool // its lesson is not confirmed yet
}

func startTarget(t *testing.T, a *target) *target {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a.addr, a.listen = l.Addr().String(), l
	a.shares, a.peers = map[string]map[uint32]uint64{}, map[string]*peer{}
	a.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			a.wg.Go(func() { a.serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		a.mu.Lock()
		for _, p := range a.peers {
			p.conn.Close()
		}
		a.mu.Unlock()
		a.wg.Wait()
	})
	return a
}

// serve is one session: a request for a lesson, then sums for updates.
func (a *target) serve(c net.Conn) {
	defer c.Close()
	var b []byte
	more := func() bool {
		in := make([]byte, 64<<10)
		n, err := c.Read(in)
		b = append(b, in[:n]...)
		return err == nil
	}
	h, n, err := wire.ParseHello(b)
	for ; err == wire.ErrShort && more(); h, n, err = wire.ParseHello(b) {
	}
	if err != nil || h.Called != "us" {
		return
	}
	b = b[n:]
	p := &peer{conn: c}
	a.mu.Lock()
	a.peers[h.Caller] = p
	a.shares[h.Caller] = map[uint32]uint64{}
	a.mu.Unlock()
	c.Write(append([]byte("200\n"), 0, wire.ResyncRequest))
	var source stick.Schema
	learning := true
	for seen := 0; ; {
		m, n, err := wire.Next(b)
		if err == wire.ErrShort && more() {
			continue
		}
		if err != nil {
			return
		}
		a.mu.Lock()
		switch {
		case m.Class == wire.ClassControl && m.Type == wire.ResyncFinished:
			learning = false
			c.Write([]byte{0, wire.ResyncConfirm})
		case m.Class == wire.ClassControl && m.Type == wire.ResyncRequest:
			if p.unsure {
				a.early++
			}
			p.unsure = true
			a.teach(p)
		case m.Class == wire.ClassControl && m.Type == wire.ResyncConfirm:
			p.unsure = false
		case m.Class != wire.ClassStick:
		case m.Type == wire.Ack:
			a.acks++
		case m.Type == wire.Definition:
			var s stick.Schema
			wire.ParseDefinition(m.Payload, &s)
			if strings.HasSuffix(s.Name, ".agg") {
				p.twin = &s
			} else {
				source = s
			}
		default:
			if seen++; a.close > 0 && seen > a.close {
				a.mu.Unlock()
				return
			}
			a.update(h.Caller, c, &source, m, learning)
		}
		a.mu.Unlock()
		b = b[n:]
	}
}

func (a *target) update(node string, c net.Conn, s *stick.Schema, m wire.Message, learning bool) {
	id, row, _, err := wire.ParseUpdate(m, s, 0, nil, nil)
	if err != nil {
		return
	}
	k := binary.BigEndian.Uint32(row.Key[len(row.Key)-4:])
	a.shares[node][k] = row.Values[0]
	if learning {
		a.lessons++
	} else {
		c.Write(wire.AppendAck(nil, 1, id))
	}
	for _, p := range a.peers {
		if p.twin != nil {
			p.conn.Write(a.sum(p, k, row.Key))
		}
	}
}

// sum encodes the sum of a key for one peer.
func (a *target) sum(p *peer, k uint32, key []byte) []byte {
	sum := uint64(0)
	for _, of := range a.shares {
		sum += of[k]
	}
	if a.lie != nil {
		sum = a.lie(k-base, sum)
	}
	p.id++
	row := stick.Row{Key: key, Values: []uint64{sum, 2 * sum, 5, sum % 10, 7, 5, 1, 1}, Life: 1000}
	if a.mix {
		row.Values[1]++
	}
	return wire.AppendUpdate(wire.AppendDefinition(nil, 7, p.twin), p.id, true, p.twin, &row, nil)
}

func (a *target) teach(p *peer) {
	told := map[uint32]bool{}
	for _, of := range a.shares {
		for k := range of {
			if !told[k] {
				p.conn.Write(a.sum(p, k, binary.BigEndian.AppendUint32(nil, k)))
			}
			told[k] = true
		}
	}
	p.conn.Write([]byte{0, wire.ResyncFinished})
}
