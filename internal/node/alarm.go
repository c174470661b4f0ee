package node

import (
	"sync/atomic"
	"time"
)

// alarmClock is a timer for a deadline that moves all the time, mostly away: with each byte
// that comes. It is only set anew when it would ring too late; when it rings too early nobody
// is harmed. One goroutine.
type alarmClock struct {
	*time.Timer
	at time.Time // when it will ring; zero: it will not
}

func newAlarmClock() *alarmClock {
	c := &alarmClock{Timer: time.NewTimer(time.Hour)}
	c.Stop()
	return c
}

// set makes it ring at a time at the latest.
func (c *alarmClock) set(now, at time.Time) {
	if !c.at.IsZero() && !at.Before(c.at) {
		return
	}
	c.at = at
	c.Reset(at.Sub(now))
}

// rang is to be called when it has rung.
func (c *alarmClock) rang() { c.at = time.Time{} }

// alarm wakes a section's ticker from a long sleep: what it slept for may be due earlier now.
// Safe for concurrent use.
type alarm struct {
	asleep atomic.Bool
	wake   chan struct{} // room for one
}

// ring wakes the ticker if it sleeps. It never blocks.
func (a *alarm) ring() {
	if a.asleep.Load() && a.asleep.CompareAndSwap(true, false) {
		select {
		case a.wake <- struct{}{}:
		default:
		}
	}
}
