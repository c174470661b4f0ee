// Package load plays HAProxy nodes that report at a rate, and hears what comes back: the
// generator of the bench. It shares its machine with what it measures, so it is cheap: one
// goroutine paces and writes for all nodes, one a node reads; nothing is allocated for a
// message, and of what comes back only the id, the key and the counters are looked at.
//
// What it reports of a key are counters that grow by one step each time. So a sum can be
// checked without any memory of the past: it never falls, its columns stand in a fixed
// proportion, and at the end it must be what all nodes together have reported.
//
// It must never know what it is that it talks to, or import a room of the program but
// stick and wire. It is for bench alone. fakepeer plays a node truly, this one plays it fast.
package load

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"tallystick/internal/stick"
)

// Config says who plays what to whom.
type Config struct {
	Target string        // HOST:PORT that is called
	Called string        // its name as a peer
	Names  []string      // of the nodes, at least one
	Schema *stick.Schema // the table that they report; it must count something and have no text
	Twin   string        // the table in which they want to hear sums, or else another one's rows; "": none
	First  uint32        // number of the first key
	Keys   int           // 1 to MaxKeys, from First on; some keys behind the last are those of probes
	Others bool          // others report other keys, whose sums come too: they are not looked at
	Owned  bool          // each key is reported by one node only, key k by node k modulo their number
	Hot    int           // only so many of the keys are reported again and again; 0: all, in turn
	Sorted bool          // keys are reported in their own order, which is kind to trees; else at random
	Zipf   float64       // above 1: keys are drawn with this exponent instead of in turn; 0: not
	Still  bool          // nothing happens at the nodes: rates are over
	Lesson bool          // the lesson that a node gives when it is first asked has a report of each of its keys
	Life   time.Duration // of the entries in that lesson; 0: the expire of the table
	Ask    bool          // nodes ask for a lesson at once, as a HAProxy does that has just started

	// Hear, if not nil, is told of each sum instead of it being checked: the number of the key, the first
	// counter, and when it came. It is called by the readers, one call a node at a time.
	Hear func(key uint32, sum uint64, at time.Time)
}

// Limits of a Config.
const (
	MaxKeys  = 16_000_000 // that many ip addresses are in 10.0.0.0/8, where the keys are
	MaxNodes = 1000
	// probeKeys are further keys, which only probes report. Each probe is an update of the
	// next of them, so that those of a moment are not coalesced into one.
	probeKeys = 256
)

// check refuses what cannot be played.
func (c *Config) check() error {
	switch {
	case c.Keys < 1 || c.Keys > MaxKeys || c.First > MaxKeys || int(c.First)+c.Keys > MaxKeys:
		return fmt.Errorf("%d keys: 1 to %d can be played", c.Keys, MaxKeys)
	case len(c.Names) < 1 || len(c.Names) > MaxNodes:
		return fmt.Errorf("%d nodes: 1 to %d can be played", len(c.Names), MaxNodes)
	case c.Zipf != 0 && c.Zipf <= 1:
		return fmt.Errorf("an exponent of %v: a zipf distribution needs more than 1", c.Zipf)
	case c.Hot < 0 || c.Hot > c.Keys:
		return fmt.Errorf("%d hot keys of %d", c.Hot, c.Keys)
	case c.Owned && c.Keys < len(c.Names):
		return fmt.Errorf("%d keys cannot be shared out among %d nodes", c.Keys, len(c.Names))
	}
	return nil
}

// Fleet is a number of played nodes with a session each. Its methods are for one goroutine at
// a time, but for Count, which any may call.
type Fleet struct {
	cfg   Config
	shape *shape // of what is reported
	nodes []*node
	epoch time.Time // times inside are durations since then

	mu     sync.Mutex // guards what the pacer works at: the run, and what nodes have to write
	run    run
	probes uint64 // probes that were ever sent: the number of the next one
	closed bool

	reported atomic.Uint64 // reports encoded: what every node must hear in the end, summed over all keys
	lost     atomic.Int64  // sessions that have ended
	wg       sync.WaitGroup

	faultMu sync.Mutex
	fault   error // the first thing that went wrong
}

// Dial calls the target for all nodes and returns when their sessions have settled: whoever
// was asked for a lesson has given it, and nobody has been asked for a while.
func Dial(ctx context.Context, c Config) (*Fleet, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	s, err := compile(c.Schema)
	if err != nil {
		return nil, err
	}
	f := &Fleet{cfg: c, shape: s, epoch: time.Now()}
	s.still = c.Still
	walk := newOrder(&c)
	for i := range c.Names {
		n := newNode(f, i, walk)
		f.nodes = append(f.nodes, n)
		if err := n.dial(ctx); err != nil {
			f.Close()
			return nil, fmt.Errorf("node %s: %w", n.name, err)
		}
		f.wg.Go(n.read)
	}
	f.wg.Go(f.pace)
	if err := f.settle(ctx); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// patience is how long a lesson may take, and everything else that is waited for.
const patience = 3 * time.Minute

// settle waits for lessons. One that asks does so within milliseconds of the handshake; a
// HAProxy asks one of its peers only.
func (f *Fleet) settle(ctx context.Context) error {
	quiet, last := time.Now(), uint64(0)
	return f.until(ctx, patience, "lessons to be confirmed", func() bool {
		open, seen := false, uint64(0)
		for _, n := range f.nodes {
			asks, confirms := n.asks.Load(), n.confirms.Load()
			open = open || asks > confirms || f.cfg.Ask && n.ended.Load() == 0
			seen += uint64(asks) + uint64(confirms)
		}
		if open || seen != last {
			quiet, last = time.Now(), seen
		}
		return !open && time.Since(quiet) > 300*time.Millisecond
	})
}

// until waits until the condition holds, a session is lost or the limit is reached.
func (f *Fleet) until(ctx context.Context, limit time.Duration, what string, holds func() bool) error {
	ticker := time.NewTicker(time.Millisecond / 2)
	defer ticker.Stop()
	for start := time.Now(); !holds(); {
		if err := f.err(); err != nil {
			return err
		}
		if time.Since(start) > limit {
			return fmt.Errorf("waited %v for %s", limit, what)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
	return f.err()
}

// ErrLost means that the target has closed a session.
var ErrLost = errors.New("session lost")

// fail notes the first thing that went wrong with a node.
func (f *Fleet) fail(n *node, err error) {
	f.mu.Lock()
	closed := f.closed
	f.mu.Unlock()
	if closed {
		return
	}
	f.lost.Add(1)
	f.faultMu.Lock()
	defer f.faultMu.Unlock()
	if f.fault == nil {
		f.fault = fmt.Errorf("node %s: %w: %w", n.name, ErrLost, err)
	}
}

func (f *Fleet) err() error {
	f.faultMu.Lock()
	defer f.faultMu.Unlock()
	return f.fault
}

// Close ends all sessions.
func (f *Fleet) Close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	for _, n := range f.nodes {
		if n.conn != nil {
			n.conn.Close()
		}
	}
	f.wg.Wait()
}

// now is the fleet's clock.
func (f *Fleet) now() time.Duration { return time.Since(f.epoch) }

// pid is what the hello of a node says: another one for each fleet of a process, since each
// begins with nothing, and a target that knew the process would believe it knew the rest.
func pid(serial uint32) int { return os.Getpid()<<8 | int(serial&0xff) }
