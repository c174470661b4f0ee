package web

import (
	"fmt"
	"io"
	"sync"
	"syscall"
	"testing"
	"time"

	"tallystick/internal/view"
)

// crowded is a program with many peers and tables, as a large site has.
func crowded(f *fake) {
	s := &f.sections[0]
	peer, table := s.Peers[0], s.Tables[2]
	for i := range 64 {
		peer.Name = fmt.Sprintf("lb%03d", i)
		s.Peers = append(s.Peers, peer)
		table.Receivers = append(table.Receivers, view.Receiver{Peer: peer.Name, Pushed: 11, Acked: 11})
	}
	for i := range 20 {
		table.Target = fmt.Sprintf("rates%02d.agg", i)
		s.Tables = append(s.Tables, table)
	}
}

// news is one second of a program in which something has changed.
func (r *rig) news(i int) {
	r.fake.pass(stateEvery)
	r.fake.change(func() { r.fake.sections[0].MaxPeers = i + 1 })
	r.hub.tell(r.fake.Now(), nil)
}

// crowd joins readers that take what they are given.
func (r *rig) crowd(n int) (end func()) {
	var reading sync.WaitGroup
	var all []*reader
	for range n {
		me := &reader{pieces: make(chan []byte, waiting), cut: make(chan struct{}), abort: func() {}}
		r.hub.join(me)
		all = append(all, me)
		reading.Go(func() {
			for {
				select {
				case <-me.pieces:
				case <-me.cut:
					return
				}
			}
		})
	}
	return func() {
		for _, me := range all {
			me.end()
			r.hub.leave(me)
		}
		reading.Wait()
	}
}

// BenchmarkCrowd is the cost of telling one state, without the sockets.
func BenchmarkCrowd(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := newRig(b)
			crowded(r.fake)
			defer r.crowd(n)()
			for i := 0; b.Loop(); i++ {
				r.news(i)
			}
		})
	}
}

// TestACrowdCostsLittleMore: what is told is made once, so a hundred readers cost not much more than one.
// It is a ratio, since machines differ.
func TestACrowdCostsLittleMore(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures")
	}
	cost := func(n int) time.Duration {
		r := newRig(t)
		crowded(r.fake)
		defer r.crowd(n)()
		r.news(0)
		best := time.Hour // the least of a few: everything else only makes it longer
		for round := range 5 {
			began := time.Now()
			for i := range 10 {
				r.news(1 + 10*round + i)
			}
			best = min(best, time.Since(began)/10)
		}
		return best
	}
	one, hundred := cost(1), cost(100)
	t.Logf("a state costs %v for one reader, %v for a hundred", one, hundred)
	if hundred > 3*one {
		t.Errorf("%v for a hundred readers, %v for one", hundred, one)
	}
}

// TestAHundredPages measures the processor's time with a hundred real clients of a program of a few peers in
// which every second something changes. They are of this process, too, so theirs is in it.
func TestAHundredPages(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures")
	}
	r := newRig(t, func(c *Config) { c.Now = time.Now })
	addr := r.serve(t)
	const pages = 100
	var reading sync.WaitGroup
	defer reading.Wait() // when the last has ended
	for range pages {
		c := open(t, addr, "")
		reading.Go(func() { io.Copy(io.Discard, c.res.Body) })
		defer c.end()
	}
	eventually(t, "all are there", func() bool { return r.counter(t, "HttpStreams") == pages })
	const seconds = 3
	before := processor(t)
	for i := range seconds {
		r.fake.change(func() { r.fake.sections[0].MaxPeers = i + 1 })
		time.Sleep(time.Second) // it is what is measured
	}
	used := processor(t) - before
	t.Logf("%d pages and their readers: %v of a processor in %d s, %.2f %%", pages, used, seconds, 100*used.Seconds()/seconds)
	if r.counter(t, "HttpStreamsCut") > 0 {
		t.Error("some were cut")
	}
	if used > seconds*time.Second/4 {
		t.Errorf("%v of a processor in %d s", used, seconds)
	}
}

// processor is the time that this process has had.
func processor(t *testing.T) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
