package node

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tallystick/internal/fakepeer"
	"tallystick/internal/stick"
)

// TestWorldSimulation lets two regions under two tops count, while aggregators and nodes are killed and ways between
// them are cut, at random, and then leaves them in peace. At any moment no node is shown more than the sum of
// the largest values that the nodes ever had (I2), whoever leads; in the end all are exact (I1).
func TestWorldSimulation(t *testing.T) {
	seed := uint64(0)
	for begin := time.Now(); seed < 5 || time.Since(begin) < 4*time.Second; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			worldOf(t, []string{
				"top1: .mid > .agg; mid1 down; mid2 down",
				"top2: .mid > .agg; mid1 down; mid2 down",
				"mid1: any > .mid forward .agg; top1 up tops; top2 up tops; lb1; lb2",
				"mid2: any > .mid forward .agg; top1 up; top2 up; lb3; lb4",
			}, func(w *world) {
				w.populate()
				r := rand.New(rand.NewPCG(seed, 3))
				most := map[string]uint64{}
				for range 200 {
					w.shake(r)
					wait(time.Duration(r.IntN(500)) * time.Millisecond)
					w.neverOver(most)
				}
				w.calmDown()
				w.exact()
			})
		})
		if t.Failed() {
			return
		}
	}
	t.Logf("%d seeds", seed)
}

// ways are the pairs that may be cut.
var ways = [][2]string{{"mid1", "top1"}, {"mid1", "top2"}, {"mid2", "top1"}, {"mid2", "top2"}, {"lb1", "mid1"}, {"lb3", "mid2"}}

// shake does one thing.
func (w *world) shake(r *rand.Rand) {
	n := w.nodes[fmt.Sprintf("lb%d", 1+r.IntN(4))]
	way := ways[r.IntN(len(ways))]
	switch x := r.IntN(100); {
	case x < 85:
		n.Touch("web", alice, requests(uint64(r.IntN(5)))...)
	case x < 88:
		n.Restart(fakepeer.Reload)
	case x < 90:
		n.Restart(fakepeer.Hard)
	case x < 93:
		w.cut(way[0], way[1])
	case x < 97:
		w.heal(way[0], way[1])
	default:
		w.aggs[[]string{"top1", "top2", "mid1", "mid2"}[r.IntN(4)]].start()
	}
}

func (w *world) neverOver(most map[string]uint64) {
	w.t.Helper()
	var bound uint64
	for name, n := range w.nodes {
		v, _ := n.Read("web", alice, stick.HTTPReqCnt)
		most[name] = max(most[name], v)
		bound += most[name]
	}
	for name, n := range w.nodes {
		if v, _ := n.Read("web.agg", alice, stick.HTTPReqCnt); v > bound {
			w.t.Fatalf("%s shows %d, want at most %d: something counts twice\nlog:\n%s", name, v, bound, w.log)
		}
	}
}

// calmDown heals everything and gives it time: calls of up to half a minute apart, lessons, warm-ups.
func (w *world) calmDown() {
	for _, way := range ways {
		w.heal(way[0], way[1])
	}
	wait(2 * time.Minute)
	for _, n := range w.nodes {
		n.Touch("web", alice, requests(1)...)
	}
	wait(2 * time.Second)
}

func (w *world) exact() {
	w.t.Helper()
	var sum uint64
	for _, n := range w.nodes {
		v, _ := n.Read("web", alice, stick.HTTPReqCnt)
		sum += v
	}
	var read []uint64
	for i := range 4 {
		v, _ := w.nodes[fmt.Sprintf("lb%d", i+1)].Read("web.agg", alice, stick.HTTPReqCnt)
		read = append(read, v)
	}
	if slices.ContainsFunc(read, func(v uint64) bool { return v != sum }) {
		w.t.Errorf("the nodes read %v, want %d on all of them\nlog:\n%s", read, sum, w.log)
	}
}
