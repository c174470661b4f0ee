// Package memory keeps the garbage collector and the system's limit in step with a heap that
// is nearly all tables: few large pieces without pointers, which live long.
//
// It tells the runtime how much garbage it may let pile up, how much memory there is at all,
// and when to give back what a table no longer needs. It must never know what the memory is
// for. Only daemon uses it.
package memory

import (
	"context"
	"io/fs"
	"log/slog"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// headroom is what a small heap may grow by between two collections: less than that is
	// not worth a collection.
	headroom = 8 << 20
	// leastPercent is what a large heap may grow by. To look at it costs little, since there
	// are few pointers in it, and what it grows by is resident.
	leastPercent = 6
	// mostPercent keeps the runtime's own least heap, 4 MiB for each 100 percent, near headroom.
	mostPercent = 200
	// ofLimit is how much of the system's limit we use, in percent: the rest is for what is
	// not ours to count, as sockets.
	ofLimit = 90
	// lookEvery is how often a quiet process looks whether it has memory to give back.
	lookEvery = 30 * time.Second
	// idleMemory is how much more than what lives may stay resident in quiet times, beside
	// half of what lives. To give memory back costs time, and to get it again as well.
	idleMemory = 6 * headroom
)

// percent is the growth that a heap of live bytes is permitted, as GOGC has it.
func percent(live uint64) int {
	if live == 0 {
		return mostPercent
	}
	return int(min(max(headroom*100/live, leastPercent), mostPercent))
}

// Keep sets the limit of memory from the system's files under root, and then keeps the
// collector in step with the heap until ctx ends. What the operator has set with GOGC or GOMEMLIMIT
// stays as it is; lookup is os.LookupEnv.
func Keep(ctx context.Context, root fs.FS, lookup func(string) (string, bool), log *slog.Logger) {
	k := keeper{log: log, set: 100}
	_, k.fixed = lookup("GOGC")
	limited := setLimit(root, lookup, log)
	if k.fixed {
		log.Info("the garbage collector is as GOGC says")
	} else {
		k.adapt()
	}
	k.run(ctx)
	// The process may do something else afterwards: tests do.
	if !k.fixed {
		debug.SetGCPercent(100)
	}
	if limited {
		debug.SetMemoryLimit(math.MaxInt64)
	}
}

// setLimit tells the runtime how much memory there is, and reports whether it has.
func setLimit(root fs.FS, lookup func(string) (string, bool), log *slog.Logger) bool {
	if v, ok := lookup("GOMEMLIMIT"); ok {
		log.Info("memory is limited as GOMEMLIMIT says", "limit", v)
		return false
	}
	limit, file := Limit(root)
	if file == "" {
		log.Debug("the system does not limit our memory")
		return false
	}
	log.Info("memory is limited by the system: the garbage collector works harder as we come near", "limit", limit, "as_says", file)
	debug.SetMemoryLimit(int64(limit / 100 * ofLimit))
	return true
}

// keeper keeps the collector in step. One goroutine.
type keeper struct {
	log    *slog.Logger
	fixed  bool // the operator has set GOGC
	set    int  // the percentage that is set
	cycles uint64
	large  int // looks in turn that found much to give back and nobody at work
}

// run adapts after each collection, and looks now and then whether it is quiet.
func (k *keeper) run(ctx context.Context) {
	collected := make(chan struct{}, 1)
	watch(ctx, collected)
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-collected:
			if !k.fixed {
				k.adapt()
			}
			watch(ctx, collected)
		case <-ticker.C:
			k.look()
		}
	}
}

// watch sends once the next collection has ended. No collection, no work: an idle process is
// not woken.
func watch(ctx context.Context, collected chan<- struct{}) {
	type sentinel struct{ _ [4]*int } // too large to share its memory with others
	runtime.AddCleanup(new(sentinel), func(struct{}) {
		if ctx.Err() == nil {
			select {
			case collected <- struct{}{}:
			default:
			}
		}
	}, struct{}{})
}

// adapt sets the percentage for the heap that lives now, if it is another one by much: to set
// it stops the world for a moment.
func (k *keeper) adapt() {
	want := percent(read().live)
	if d := want - k.set; d*d*25 <= k.set*k.set && want != leastPercent || want == k.set {
		return
	}
	debug.SetGCPercent(want)
	k.set = want
}

// look gives memory back to the system if there is much of it and it has been quiet since the
// last look: a table has gone, or a million keys have expired.
func (k *keeper) look() {
	s := read()
	quiet := s.cycles == k.cycles
	k.cycles = s.cycles
	if !quiet || !s.isWasteful() {
		k.large = 0
		return
	}
	if k.large++; k.large == 1 { // what lives is as of the last collection: it may be less, and is never wrong by much if nothing happens
		before := s.resident
		debug.FreeOSMemory()
		k.cycles = read().cycles
		k.log.Debug("memory was given back to the system", "before", before, "after", read().resident)
	}
}

// state is what the runtime tells, in bytes.
type state struct {
	live     uint64 // what the last collection left
	resident uint64 // memory of ours that the system has not got back
	cycles   uint64 // collections since the start
}

// isWasteful reports whether much more is resident than lives.
func (s state) isWasteful() bool { return s.resident > s.live+s.live/2+idleMemory }

// read asks the runtime.
func read() state {
	m := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"}, {Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(m)
	return state{m[0].Value.Uint64(), m[1].Value.Uint64() - m[2].Value.Uint64(), m[3].Value.Uint64()}
}
