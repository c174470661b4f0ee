package secure

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tallystick/internal/secure/securetest"
)

// What is said of a certificate that lives 20 days, and when (F-36). Who starts us late
// hears the most urgent alone.
func TestEndings(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	ca := securetest.New(t)
	us := Line{Crt: ca.Leaf(securetest.Leaf{Names: []string{"lb1"}, NotAfter: now.Add(20 * day)})}
	const soon, ended = "certificate ends soon: put the new one into the file, no restart is needed", "certificate has ended: peers that verify it refuse us"
	for _, c := range []struct {
		name  string
		looks []time.Duration // after the certificate was made
		want  []string        // a line of the log each
	}{
		{"far", []time.Duration{0, 6*day - time.Second}, nil},
		{"14 days", []time.Duration{0, 6 * day, 6*day + time.Minute, 18 * day}, []string{soon + " left=336h"}},
		{"14 days, 1 day", []time.Duration{6 * day, 19*day - time.Second, 19 * day, 20 * day}, []string{soon + " left=336h", soon + " left=24h"}},
		{"all", []time.Duration{6 * day, 19 * day, 20 * day, 20*day + time.Second, 30 * day, 300 * day}, []string{soon + " left=336h", soon + " left=24h", ended}},
		{"a late start", []time.Duration{19*day + time.Hour, 19*day + 2*time.Hour}, []string{soon + " left=23h"}},
		{"too late", []time.Duration{21 * day, 22 * day}, []string{ended}},
		{"the clock goes back", []time.Duration{19 * day, 0, 7 * day}, []string{soon + " left=24h"}},
	} {
		s, j := newStore(t, us)
		for _, after := range c.looks {
			s.warn(now.Add(after))
		}
		lines := strings.Split(strings.TrimSuffix(j.take(), "\n"), "\n")
		if c.want == nil {
			expect(t, lines[0], "", c.name)
			continue
		}
		if len(lines) != len(c.want) {
			t.Errorf("%s: %q", c.name, lines)
			continue
		}
		for i, want := range c.want {
			what, left, soon := strings.Cut(want, " left=")
			expect(t, lines[i], what, c.name)
			if soon {
				expect(t, lines[i], " left="+left, c.name)
			}
			expect(t, lines[i], " crt="+us.Crt+" for=lb1 ends=", c.name)
		}
	}
}

// Everything in use is looked at: leaves, what is sent behind them, authorities; each once,
// however many files have it. A new certificate begins anew.
func TestEndingsOfAllThatIsInUse(t *testing.T) {
	root := securetest.New(t)
	below := root.Under()
	crt := below.Leaf(securetest.Leaf{Names: []string{"lb1"}})
	s, j := newStore(t, Line{Crt: crt, CAFile: root.File()}, Line{Crt: below.Leaf(securetest.Leaf{Names: []string{"lb2"}}), CAFile: root.File()})
	s.warn(time.Now().AddDate(20, 0, 0))
	log := j.take()
	for what, times := range map[string]int{
		"for=lb1": 1, "for=lb2": 1, `for="CN=intermediate of a test"`: 1, `for="CN=root of a test"`: 1,
		"certificate of an authority has ended: peers with a certificate of it are refused": 1,
	} {
		if n := strings.Count(log, what); n != times {
			t.Errorf("%s: %d times in %s", what, n, log)
		}
	}
	securetest.Write(t, crt, below.Bundle(securetest.Leaf{Names: []string{"lb3"}, NotAfter: time.Now().AddDate(19, 0, 0)}))
	s.Reread()
	j.take()
	s.warn(time.Now().AddDate(20, 0, 0))
	if log := j.take(); strings.Count(log, "\n") != 1 || !strings.Contains(log, "for=lb3") {
		t.Errorf("only the new one is news: %s", log)
	}
	if n := len(s.ofEnding); n != 4 {
		t.Errorf("%d certificates are remembered, 4 are in use", n)
	}
}

// Run looks by the clock alone where the kernel tells it nothing, and reads the files then.
func TestRunLooksByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := securetest.New(t)
		us := Line{Crt: ca.Leaf(securetest.Leaf{Names: []string{"old"}, NotAfter: time.Now().Add(25 * time.Hour)})}
		s, j := newStore(t, us)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); s.loop(ctx, &watcher{}) }()
		after := func(d time.Duration) string { time.Sleep(d); synctest.Wait(); return j.take() }

		expect(t, after(time.Second), "left=25h", "what is near its end is said at the start")
		expect(t, after(time.Hour-2*time.Second), "", "once")
		expect(t, after(time.Second+time.Minute), "left=24h", "and when a day is left")
		expect(t, after(23*time.Hour), "", "once")
		expect(t, after(time.Hour), "certificate has ended", "within a minute of its end")
		securetest.Write(t, us.Crt, ca.Bundle(securetest.Leaf{Names: []string{"new"}}))
		expect(t, after(lookTime), "for=new", "and a new file within a minute")
		s.loaded <- struct{}{}
		expect(t, after(0), "", "Load wakes it up, and there is no news")
		cancel()
		<-done

		securetest.Write(t, us.Crt, ca.Bundle(securetest.Leaf{Names: []string{"newest"}}))
		ctx, cancel = context.WithCancel(t.Context())
		go s.loop(ctx, &watcher{})
		expect(t, after(0), "for=newest", "what has changed while nobody watched is seen at once")
		cancel()
	})
}
