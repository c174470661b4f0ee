package node

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tallystick/internal/fakepeer"
	"tallystick/internal/stick"
)

// pairOf is a top over two replicas that see the same nodes, and a node of its own that reads the sum.
var pairOf = []string{"top: any > .agg; mid1 down dc; mid2 down dc; lb1"}

// replicas starts two aggregators that report the same of what they sum, and lb1, which adds 5 and reads.
func (w *world) replicas() (mid1, mid2, lb1 *fakepeer.Node) {
	mid1 = w.node("mid1", "top", web("web.mid"))
	mid2 = w.node("mid2", "top", web("web.mid"))
	lb1 = w.node("lb1", "top", web("web"), web("web.agg"))
	for _, n := range []*fakepeer.Node{mid1, mid2} {
		n.Touch("web.mid", alice, requests(100)...)
	}
	lb1.Touch("web", alice, requests(5)...)
	wait(25 * time.Second)
	return mid1, mid2, lb1
}

func TestGroupCountsOnce(t *testing.T) {
	worldOf(t, pairOf, func(w *world) {
		mid1, mid2, lb1 := w.replicas()
		w.shows("lb1", "web.agg", alice, 105, "two replicas count once")
		for i := range 50 {
			mid1.Touch("web.mid", alice, requests(1)...)
			mid2.Touch("web.mid", alice, requests(1)...)
			wait(10 * time.Millisecond)
			v, _ := lb1.Read("web.agg", alice, stick.HTTPReqCnt)
			w.expect(v <= uint64(106+i), fmt.Sprintf("never above the truth: %d", v))
		}
		settle()
		w.shows("lb1", "web.agg", alice, 155, "as they grow together")
		v := w.aggs["top"].section.Contests()
		w.expect(len(v) == 1 && v[0].Leader == "mid1" && v[0].Group == "dc" && len(v[0].Members) == 2, fmt.Sprintf("the first leads: %+v", v))
		shares := w.aggs["top"].section.Peer("mid2").View().Lanes
		w.expect(len(shares) == 1 && shares[0].Standby && shares[0].Contributions == 1, "the other's copy is kept, and stands by")
	})
}

func TestGroupTakeover(t *testing.T) {
	worldOf(t, pairOf, func(w *world) {
		mid1, mid2, _ := w.replicas()
		mid2.Touch("web.mid", alice, requests(3)...) // it is ahead
		settle()
		w.shows("lb1", "web.agg", alice, 105, "the leader alone counts")
		mid1.Stop()
		settle()
		w.shows("lb1", "web.agg", alice, 108, "the other takes over at once when its connection closes")
		w.logs(1, "the log says so", "another replica counts from now on", "group=dc", "before=mid1", "now=mid2")
		w.expect(w.aggs["top"].section.Counters.Takeovers.Load() == 1, "counted")
		mid1.Restart(fakepeer.Reload)
		calm()
		w.shows("lb1", "web.agg", alice, 108, "the lead is sticky: whoever comes back stands by")
		mid2.Stop()
		settle()
		w.shows("lb1", "web.agg", alice, 105, "and takes over in its turn, with what it has")
		mid1.Stop()
		calm()
		w.shows("lb1", "web.agg", alice, 105, "with nobody left the last shares stay")
		mid2.Restart(fakepeer.Reload)
		calm()
		w.shows("lb1", "web.agg", alice, 108, "until somebody has given its lesson again")
	})
}

// TestGroupSilence: a leader that says nothing for 5.5 s is passed over, though its session may be more patient.
func TestGroupSilence(t *testing.T) {
	worldOf(t, []string{"top: any > .agg; lb1 twins; lb2 twins; lb3"}, func(w *world) { // nodes that replicate among themselves
		lb1 := w.node("lb1", "top", web("web"))
		lb2 := w.node("lb2", "top", web("web"))
		w.node("lb3", "top", web("web"), web("web.agg"))
		lb1.Touch("web", alice, requests(10)...)
		lb2.Touch("web", alice, requests(12)...)
		calm()
		w.shows("lb3", "web.agg", alice, 10, "lb1 leads")
		lb1.Misbehave(fakepeer.Faults{NoBeat: true})
		wait(4 * time.Second)
		w.shows("lb3", "web.agg", alice, 10, "it may be busy")
		wait(3 * time.Second)
		w.shows("lb3", "web.agg", alice, 12, "after 5.5 s of silence the other leads")
		w.expect(w.aggs["top"].section.Peer("lb1").View().Established, "a node's session is given ten seconds")
		lb1.Misbehave(fakepeer.Faults{})
		wait(4 * time.Second)
		w.shows("lb3", "web.agg", alice, 12, "it speaks again, and stands by")
	})
}

// TestGroupDispute: replicas that do not report the same for ten seconds are told of, until they do.
func TestGroupDispute(t *testing.T) {
	worldOf(t, pairOf, func(w *world) {
		mid1, mid2, _ := w.replicas()
		for range 30 {
			mid1.Touch("web.mid", alice, requests(1)...)
			wait(time.Second)
		}
		w.logs(1, "more than a tenth apart for ten seconds", "replicas disagree", "group=dc", "mid2 has http_req_cnt=100", "mid1 has")
		v := w.aggs["top"].section.Contests()
		w.expect(v[0].Dispute != nil && v[0].Dispute.Member == "mid2" && v[0].Dispute.Times == 1, "it is shown")
		w.expect(w.aggs["top"].section.Counters.Disputes.Load() == 1, "and counted")
		mid2.Touch("web.mid", alice, requests(30)...)
		wait(3 * time.Second)
		w.logs(1, "it is over", "replicas agree again")
		w.expect(w.aggs["top"].section.Contests()[0].Dispute == nil, "and not shown any more")
		mid2.Touch("web.mid", bob, requests(1)...)
		wait(9 * time.Second)
		mid1.Touch("web.mid", bob, requests(1)...)
		wait(5 * time.Second)
		w.logs(1, "what is under way for less than ten seconds is no news", "replicas disagree")
	})
}

// TestTwoTops: tables of one name from above are one table, whoever sends it, with the word or without.
func TestTwoTops(t *testing.T) {
	worldOf(t, []string{
		"top1: .mid > .agg; mid1 down; mid2 down",
		"top2: .mid > .agg; mid1 down; mid2 down",
		"mid1: any > .mid forward .agg; top1 up; top2 up; lb1; lb2",
		"mid2: any > .mid forward .agg; top1 up tops; top2 up tops; lb3; lb4",
	}, func(w *world) {
		w.populate()
		all := func(want uint64, why string) {
			t.Helper()
			for name := range w.nodes {
				w.shows(name, "web.agg", alice, want, why)
			}
		}
		all(10, "two tops are one source")
		w.aggs["top1"].kill()
		settle()
		all(10, "one is killed")
		w.nodes["lb1"].Touch("web", alice, requests(7)...)
		settle()
		all(17, "the other one serves on")
		w.aggs["top1"].start()
		wait(40 * time.Second)
		all(17, "the first is back")
		w.aggs["top2"].kill()
		w.nodes["lb4"].Touch("web", alice, requests(3)...)
		settle()
		all(20, "and serves when the second is killed")
		w.aggs["top2"].start()
		wait(40 * time.Second)
		w.nodes["lb2"].Touch("web", alice, requests(1)...)
		settle()
		all(21, "all are there again")
	})
}

// TestRegroup: the word 'group' comes and goes with a reload; shares stay, and count or stand by.
func TestRegroup(t *testing.T) {
	worldOf(t, pairOf, func(w *world) {
		w.replicas()
		top := w.aggs["top"]
		group := func(word string) {
			c := top.config
			c.Peers = slices.Clone(c.Peers)
			c.Peers[1].Group = word // mid2
			top.section.Reconfigure(c)
			settle()
		}
		group("")
		w.shows("lb1", "web.agg", alice, 205, "mid2 is a member by itself now")
		group("dc")
		w.shows("lb1", "web.agg", alice, 105, "and a replica again")
		group("other")
		w.shows("lb1", "web.agg", alice, 205, "the only one of its group leads it")
		w.expect(top.section.Peer("mid2").View().Sessions == 1, "all in one session")
	})
}
