package node

import (
	"testing"
	"time"
)

const (
	us = time.Microsecond
	ms = time.Millisecond
)

func TestShortest(t *testing.T) {
	for _, x := range []struct {
		receivers int
		most      time.Duration
		want      time.Duration
		why       string
	}{
		{1, 5 * ms, 40 * us, "one peer costs 8 us of each 40"},
		{4, 5 * ms, 160 * us, "four cost as much in four times that"},
		{64, 5 * ms, 2560 * us, "so do 64"},
		{1000, 5 * ms, 5 * ms, "but nothing is kept back for longer than push-interval"},
		{64, 0, 0, "not at all, if the operator says so"},
	} {
		if got := shortest(x.receivers, x.most); got != x.want {
			t.Errorf("%d receivers, at most %v: %v, want %v: %s", x.receivers, x.most, got, x.want, x.why)
		}
	}
}

// Each line is what is said in one window, and the window that follows from it.
func TestPace(t *testing.T) {
	const base, most = 160 * us, 5 * ms
	var p pace
	now := time.Unix(0, 0)
	read := uint64(1e9) // the tables have lived long before this peer came
	for _, x := range []struct {
		changes uint64
		rows    int
		want    time.Duration
		why     string
	}{
		{50, 1, base, "the first push has nothing to be compared with"},
		{1, 1, base, "one change, one message: waiting saved nothing"},
		{160, 160, base, "a million keys that change in turn: nor here"},
		{109, 100, base, "by chance a few have changed twice"},
		{111, 100, 2 * base, "more than a tenth was changed again"},
		{64, 32, 4 * base, "so it was in twice the time"},
		{128, 50, 8 * base, ""},
		{1000, 100, 16 * base, ""},
		{1000, 100, most, "it is capped by push-interval, not by a power of two"},
		{1000, 100, most, "and stays there as long as the keys are hot"},
		{0, 0, most, "an ack alone says nothing about waiting"},
		{5000, 5000, most / 2, "the keys are cold ones now"},
		{2500, 2500, most / 4, ""},
		{2, 1, most / 2, "one hot key counts like a hundred"},
		{1, 1, most / 4, ""},
		{1, 1, most / 8, ""},
		{1, 1, most / 16, ""},
		{1, 1, base, "it ends at the lower bound"},
		{1, 2, base, "more rows than changes: some were made due again"},
	} {
		if p.rests(now) {
			t.Fatalf("it rests at %v, behind the end of its window", now)
		}
		p.speaks(now)
		p.rows += x.rows
		p.speaks(now.Add(10 * us)) // what is said last does not move the window
		read += x.changes
		p.rest(base, most, read)
		if p.window != x.want {
			t.Errorf("%d changes, %d rows: a window of %v, want %v: %s", x.changes, x.rows, p.window, x.want, x.why)
		}
		end := onGrid(now.Add(x.want), x.want)
		if !p.rests(end.Add(-1)) {
			t.Errorf("%d changes, %d rows: it does not rest until the end of its window", x.changes, x.rows)
		}
		if !end.After(now) || end.Sub(now) > x.want || end.UnixNano()%int64(x.want) != 0 {
			t.Errorf("a window of %v from %v ends at %v, want the next multiple of its length", x.want, now, end)
		}
		now = end
	}
}

// What changed in a lesson was not pushed, and says nothing about waiting.
func TestPaceForgets(t *testing.T) {
	var p pace
	now := time.Unix(0, 0)
	say := func(rows int, read uint64) {
		now = now.Add(10 * ms)
		p.speaks(now)
		p.rows = rows
		p.rest(ms, 5*ms, read)
	}
	say(1, 1)
	p.forget()
	if say(1, 1000); p.window != ms {
		t.Errorf("a window of %v, want 1ms: 999 changes went out in a lesson", p.window)
	}
	if say(1, 1010); p.window != 2*ms {
		t.Errorf("a window of %v, want 2ms: then it counts again", p.window)
	}
	if say(10, 5); p.window != ms {
		t.Errorf("a window of %v, want 1ms: a table is gone and its changes with it", p.window)
	}
}

func TestPaceRests(t *testing.T) {
	var p pace
	now := time.Unix(0, 0)
	if p.rest(ms, 5*ms, 0); p.rests(now) {
		t.Error("it rests although nothing was said")
	}
	p.speaks(now)
	if p.rests(now) {
		t.Error("it rests in the middle of what it has to say")
	}
	if p.rest(ms, 5*ms, 0); !p.rests(now) {
		t.Error("it does not rest although all is said")
	}
	now = now.Add(ms)
	// A slow peer has taken longer than the window: there is nothing left to wait for.
	p.speaks(now)
	if p.rest(ms, 5*ms, 0); p.rests(now.Add(2 * ms)) {
		t.Error("the window begins when the peer has taken everything, want: when it was given the first")
	}
	if p.speaks(now); p.began != now {
		t.Error("no window begins")
	}
	if p.rest(0, 0, 0); p.rests(now) {
		t.Error("it rests although push-interval is 0")
	}
}

// A hundred keys that change in turn, each once in half a millisecond: in the shortest
// window of four peers none changes twice. A long window shows it.
func TestPaceTries(t *testing.T) {
	const base, most = 160 * us, 5 * ms
	const keys, rate = 100, 200_000
	// run lets time pass and tells how many messages a second there were at its end.
	var last time.Time
	run := func(p *pace, now *time.Time, keys int, d time.Duration) (messages int) {
		end, mark := now.Add(d), now.Add(d-time.Second)
		for now.Before(end) {
			read := uint64(now.UnixNano() / int64(time.Second/rate))
			p.speaks(*now)
			p.rows = min(keys, max(1, int(now.Sub(last)/(time.Second/rate))))
			if last = *now; !now.Before(mark) {
				messages += p.rows
			}
			p.rest(base, most, read)
			*now = p.until
		}
		return messages
	}
	var p pace
	now := time.Unix(1000, 0)
	if n := run(&p, &now, keys, 2*time.Second); n > keys*200*11/10 {
		t.Errorf("%d messages in a second, want at most 1.1 for each of 100 keys in each of 200 windows", n)
	}
	if p.window != most {
		t.Errorf("a window of %v, want %v", p.window, most)
	}
	run(&p, &now, 1e6, 10*time.Second)
	if p.window != base {
		t.Errorf("a window of %v, want %v: with a million keys waiting does not pay", p.window, base)
	}
	tried, gap := 0, now
	for end := now.Add(10 * time.Second); now.Before(end); {
		if run(&p, &now, 1e6, us); p.trying {
			tried, gap = tried+1, now
		}
	}
	if tried < 2 || tried > 4 {
		t.Errorf("it has tried a long window %d times in ten seconds, want once in three: what changes meanwhile is late", tried)
	}
	now = gap.Add(time.Hour) // a quiet time
	p.speaks(now)
	p.rows, last = 1, now
	if p.rest(base, most, p.read+1); p.window != base || p.until != onGrid(now.Add(base), base) {
		t.Errorf("a window of %v until %v, want %v: after a quiet time it begins anew", p.window, p.until.Sub(now), base)
	}
	if n := run(&p, &now, keys, 1500*time.Millisecond); n > keys*200*11/10 {
		t.Errorf("%d messages in the second after half a second, want 22000: it finds hot keys soon after a quiet time", n)
	}
}
