package web

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestAnswer: what the API answers, without a client and without an http line.
func TestAnswer(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct{ why, path, want string }{
		{"an answer", "tables/data/rates.agg", `"name":"rates.agg"`},
		{"a refusal, in the same words", "tables/data/rates.agq", `"did_you_mean":"rates.agg"`},
		{"a stream has no end", "events", `"code":"no_stream"`},
		{"no path", "tables/%zz", `"code":"bad_path"`},
	} {
		got := string(r.Answer(c.path))
		if !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
			t.Errorf("%s: Answer(%q) = %q, want one line with %s", c.why, c.path, got, c.want)
		}
	}
}

// TestKeep: rates are kept from the first question until a minute after the last, and nothing is done before and after.
func TestKeep(t *testing.T) {
	r := newRig(t)
	synctest.Test(t, func(t *testing.T) {
		s := New(r.Config)
		samples := func(want int, why string) {
			t.Helper()
			if synctest.Wait(); len(s.sampling) != want {
				t.Errorf("%s: %d sample, want %d", why, len(s.sampling), want)
			}
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); s.Keep(ctx) }()
		samples(0, "nobody has asked")
		s.Answer("info")
		samples(1, "somebody has")
		time.Sleep(watched - time.Second)
		s.Answer("info")
		time.Sleep(watched - time.Second)
		samples(1, "and asked again before the minute was over")
		time.Sleep(2 * time.Second)
		samples(0, "nobody has for a minute")
		s.Answer("info")
		samples(1, "somebody comes back")
		stop()
		<-done
	})
}
