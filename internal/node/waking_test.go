package node

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// poked takes the poke of a connection, if there is one.
func poked(c *conn) bool {
	select {
	case <-c.wake:
		return true
	default:
		return false
	}
}

func TestSleepers(t *testing.T) {
	var s sleepers
	a, b := &conn{wake: make(chan struct{}, 1)}, &conn{wake: make(chan struct{}, 1)}
	s.sleep(a, s.seen())
	s.sleep(b, s.seen())
	if s.sleep(a, s.seen()); len(s.list) != 2 || poked(a) {
		t.Errorf("%d sleep, want 2: nobody sleeps twice, and nothing has changed", len(s.list))
	}
	if s.wake(a); poked(a) || !poked(b) {
		t.Error("want the other one woken, but not the one that made the change")
	}
	if s.wake(nil); poked(a) || poked(b) || s.any.Load() {
		t.Error("want nobody woken: nobody sleeps, and a change costs nothing")
	}
	seen := s.seen()
	s.wake(nil) // between the look and the sleep
	if s.sleep(a, seen); !poked(a) {
		t.Error("want it woken at once: what came since it looked would be lost")
	}
	s.leave(a)
	if s.wake(nil); poked(a) {
		t.Error("want nobody woken: it has ended")
	}
}

// A peer that hears nothing is not woken by rows, but once by tables that are others.
func TestDeafPeerHearsOfTables(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		s := New(c.config, time.Now())
		deaf := &conn{wake: make(chan struct{}, 1)}
		s.enlist(deaf)
		if s.moved(nil); poked(deaf) {
			t.Error("woken by rows, want: left alone")
		}
		s.tables.version.Add(1)
		if s.moved(nil); !poked(deaf) {
			t.Error("not woken, want: a table may be one that it takes")
		}
		if s.moved(nil); poked(deaf) {
			t.Error("woken again, want: once")
		}
		s.dismiss(deaf)
	})
}

// An ack waits for the end of the window at most.
func TestAckAtTheEndOfTheWindow(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		lb1, _ := c.pair("")
		wait(2 * quiet) // the windows are as short as they can be
		lb1.Touch("web", alice, to(11))
		wait(10 * time.Microsecond)
		lb1.Touch("web", alice, to(11)) // nothing has changed: there is nothing to push
		wait(10 * time.Microsecond)
		if counter, _, acked := lb1.Progress("web"); acked == counter {
			t.Error("acked at once, want: at the end of the window, with whatever else there is")
		}
		wait(time.Millisecond)
		if counter, _, acked := lb1.Progress("web"); acked != counter {
			t.Errorf("update %d is not acked a window later, only %d", counter, acked)
		}
	})
}

// Whoever takes a byte now and then is slow, and whoever takes nothing is gone.
func TestSteady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		theirs, ours := net.Pipe()
		c := &steady{Conn: ours}
		var dripping sync.WaitGroup
		defer dripping.Wait()
		defer theirs.Close()
		drip := func(n int) {
			dripping.Go(func() {
				for range n {
					time.Sleep(stallTime - time.Second)
					io.ReadFull(theirs, make([]byte, 1))
				}
			})
		}
		drip(10)
		if n, err := c.Write(make([]byte, 10)); n != 10 || err != nil {
			t.Errorf("%d bytes, %v, want 10: forty seconds of a byte in four", n, err)
		}
		drip(2)
		begin := time.Now()
		n, err := c.Write(make([]byte, 10))
		if took := time.Since(begin); n != 2 || !errors.Is(err, ErrStalled) || took < 2*stallTime || took > 4*stallTime {
			t.Errorf("%d bytes, %v after %v, want 2 and then the end", n, err, took)
		}
		begin = time.Now()
		c.SetWriteDeadline(begin.Add(6 * time.Second))
		drip(2)
		if n, err := c.Write(make([]byte, 10)); n != 1 || err == nil || time.Since(begin) != 6*time.Second {
			t.Errorf("%d bytes, %v after %v, want the end at the deadline: bytes that are taken do not move it", n, err, time.Since(begin))
		}
	})
}
