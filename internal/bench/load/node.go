package load

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"tallystick/internal/bench/measure"
	"tallystick/internal/wire"
)

// Our ids of the two tables, in every session.
const (
	sourceID = 1
	twinID   = 2
)

// beat is after how much silence a node says that it lives.
const beat = 2500 * time.Millisecond

// node is one played node. The pacer writes, the node's own goroutine reads, and they tell
// each other over atomics what there is to answer.
type node struct {
	f      *Fleet
	number int
	name   string
	conn   *net.TCPConn
	raw    syscall.RawConn
	rest   []byte // what came behind the status line

	// The pacer's, under Fleet.mu.
	order   *order
	cursor  int      // the next slot of the order
	counts  []uint32 // reports of each slot so far
	id      uint32   // of the last update
	sent    uint64   // reports in this run
	bulk    bulk
	out     []byte // from at on to be written
	at      int
	try     func(fd uintptr) bool // writes what it can without waiting
	wrote   error                 // what came of it
	quiet   time.Duration         // since when nothing was written
	answers uint32                // requests of a lesson that were answered
	thanks  uint32                // answers that were confirmed
	ackSent uint64

	// Told by the reader.
	asks     atomic.Uint32 // requests of a lesson that came
	confirms atomic.Uint32 // of lessons that we gave
	ended    atomic.Uint32 // lessons that were given to us
	pending  atomic.Uint64 // the ack that is due: table id and update id
	acked    atomic.Uint32 // the last update of ours that was acked
	learning atomic.Bool   // our request is open: nothing is acked
	total    atomic.Uint64 // of all sums, the newest of each key
	rows     atomic.Uint64 // updates that came
	bytes    atomic.Uint64

	rx heard
}

// heard is what a node knows of the sums. Its reader holds the lock while it takes a buffer.
type heard struct {
	sync.Mutex
	tables   map[uint32]*shape // those that are looked into, by the target's ids
	from     *shape            // selected by the target's last definition; nil: not the twin
	table    uint32            // id of it
	last     uint32            // id of the last update
	sums     []uint32          // newest of each key, and of each probe's
	wrong    Wrong
	latency  measure.Histogram
	first    uint64        // number of the first probe that counts
	start    time.Duration // when it was due
	interval time.Duration
}

func newNode(f *Fleet, number int, o *order) *node {
	n := &node{f: f, number: number, name: f.cfg.Names[number], order: o, id: 0}
	n.cursor = number * len(o.slots) / len(f.cfg.Names)
	n.counts = make([]uint32, o.size)
	n.rx.tables = map[uint32]*shape{}
	if f.cfg.Twin != "" {
		n.rx.sums = make([]uint32, f.cfg.Keys+probeKeys)
	}
	n.bulk.lesson = f.cfg.Lesson
	if f.cfg.Ask {
		n.out = wire.AppendControl(n.out, wire.ResyncRequest)
		n.learning.Store(true)
	}
	n.try = func(fd uintptr) bool {
		for n.at < len(n.out) {
			k, err := syscall.Write(int(fd), n.out[n.at:])
			switch err {
			case nil:
				n.at += k
				n.quiet = n.f.now()
			case syscall.EINTR:
			case syscall.EAGAIN:
				return true // the next tick goes on
			default:
				n.wrote = err
				return true
			}
		}
		return true
	}
	return n
}

var serial atomic.Uint32

// dial calls the target and says hello. It may just have started: it is called again for a
// while.
func (n *node) dial(ctx context.Context) error {
	var conn net.Conn
	var err error
	for until := time.Now().Add(10 * time.Second); ; {
		d := net.Dialer{Timeout: 5 * time.Second}
		if conn, err = d.DialContext(ctx, "tcp", n.f.cfg.Target); err == nil {
			break
		}
		if ctx.Err() != nil || time.Now().After(until) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	if n.number == 0 {
		serial.Add(1)
	}
	n.conn = conn.(*net.TCPConn)
	n.conn.SetDeadline(time.Now().Add(10 * time.Second))
	hello := wire.Hello{Minor: 1, Called: n.f.cfg.Called, Caller: n.name, PID: fmt.Sprint(pid(serial.Load()))}
	if _, err := n.conn.Write(hello.Append(nil)); err != nil {
		return err
	}
	if err := n.status(); err != nil {
		return err
	}
	n.conn.SetDeadline(time.Time{})
	n.raw, err = n.conn.SyscallConn()
	return err
}

// status reads the line that answers the hello.
func (n *node) status() error {
	b := make([]byte, 0, 4096)
	for {
		k, err := n.conn.Read(b[len(b):cap(b)])
		b = b[:len(b)+k]
		if err != nil && !bytes.Contains(b, []byte{'\n'}) {
			return fmt.Errorf("the hello is not answered: is '%s' a peer there, and '%s' its own name? (%w)", n.name, n.f.cfg.Called, err)
		}
		code, size, err := wire.ParseStatus(b)
		switch {
		case err == wire.ErrShort:
			continue
		case err != nil:
			return err
		case code != wire.StatusOK:
			return fmt.Errorf("the hello is answered with %d", code)
		}
		n.rest = b[size:]
		return nil
	}
}

// flush writes as much as the socket takes.
func (n *node) flush() {
	if n.at == len(n.out) {
		return
	}
	if err := n.raw.Write(n.try); err != nil {
		n.wrote = err
	}
	if n.at == len(n.out) {
		n.out, n.at = n.out[:0], 0
	}
}
