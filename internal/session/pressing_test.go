package session

import (
	"testing"
	"time"

	"tallystick/internal/wire"
)

// What the peer waits for must not wait; acks may.
func TestPressing(t *testing.T) {
	now := time.Unix(0, 0)
	say := func(string, ...any) {}
	s := New(now, Config{Hello: wire.Hello{Minor: 1, Called: "agg", Caller: "lb1", PID: "1"}, Patient: true,
		Memory: &Memory{}, Source: &fakeSource{say: say}, Sink: &fakeSink{say: say}})
	want := func(pressing bool, why string) {
		t.Helper()
		if s.Pressing() != pressing {
			t.Errorf("pressing: %v, want %v: %s", !pressing, pressing, why)
		}
	}
	take := func(typ byte) {
		t.Helper()
		if _, err := s.Receive(now, wire.AppendControl(nil, typ)); err != nil {
			t.Fatal(err)
		}
	}
	want(true, "the hello is to be answered")
	s.Append(now, nil)
	want(false, "all is said")
	now = now.Add(time.Second)
	s.Advance(now)
	want(true, "a heartbeat is due")
	s.Append(now, nil)
	take(wire.ResyncRequest)
	want(false, "its request waits for its own lesson")
	take(wire.ResyncFinished)
	want(true, "that is to be confirmed, and answered")
	s.Append(now, nil)
	want(false, "all is said once more")
}
