package topology

import (
	"slices"
	"strings"
	"testing"
)

// TestHears: who is told of our sums and of tables from above, for every combination of the words.
func TestHears(t *testing.T) {
	for _, c := range []struct {
		why          string
		rules        Rules
		role         Role
		sums, relays bool
	}{
		{"nodes get the sum and what comes from above", Rules{}, Node, true, true},
		{"so do aggregators below", Rules{}, Down, true, true},
		{"aggregators above get the sum, and nothing that came from above", Rules{}, Up, true, false},
		{"no-ascend keeps the sum from above", Rules{NoAscend: true}, Up, false, false},
		{"and from nobody else", Rules{NoAscend: true}, Node, true, true},
		{"no-feedback keeps the sum from nodes, but not what comes from above", Rules{NoFeedback: true}, Node, false, true},
		{"and from below, likewise", Rules{NoFeedback: true}, Down, false, true},
		{"but not from above", Rules{NoFeedback: true}, Up, true, false},
		{"both leave what comes from above", Rules{NoAscend: true, NoFeedback: true}, Node, false, true},
	} {
		p := c.rules.Place(c.role, "")
		if p.Hears(false) != c.sums || p.Hears(true) != c.relays {
			t.Errorf("%s: %s hears sums %v, tables from above %v", c.why, c.role, p.Hears(false), p.Hears(true))
		}
	}
}

// TestPlace: what the roles mean to those who do not know the roles.
func TestPlace(t *testing.T) {
	node, up, down := (&Rules{}).Place(Node, ""), (&Rules{}).Place(Up, "g"), (&Rules{}).Place(Down, "g")
	for _, c := range []struct {
		why                  string
		node, up, down, want bool // want: of node; of up; of down are in the columns below
		wantUp, wantDown     bool
	}{
		{"what nodes and aggregators below report is summed", node.Member, up.Member, down.Member, true, false, true},
		{"only a node must have declared our table", node.Declares, up.Declares, down.Declares, true, false, false},
		{"only a node's request waits: two aggregators would wait for each other", node.Patient, up.Patient, down.Patient, true, false, false},
		{"only a node is given its own values back", node.Restored, up.Restored, down.Restored, true, false, false},
		{"we need not know anything of the one above to tell it all", node.Complete, up.Complete, down.Complete, false, true, false},
		{"we call the one above", node.Eager, up.Eager, down.Eager, false, true, false},
		{"an aggregator that is silent is given up before a takeover would be late", node.Silence > Hush, up.Silence > Hush, down.Silence > Hush, true, false, false},
	} {
		if c.node != c.want || c.up != c.wantUp || c.down != c.wantDown {
			t.Errorf("%s: node %v, up %v, down %v", c.why, c.node, c.up, c.down)
		}
	}
	if off := (&Rules{NoRestore: true}).Place(Node, ""); off.Restored {
		t.Error("'restore off' leaves a node to itself")
	}
	for _, role := range []Role{Node, Up, Down} {
		p := (&Rules{Observe: true}).Place(role, "")
		if !p.Spared || p.Restored || !p.Hears(false) || p.Member != (role != Up) {
			t.Errorf("'mode observe' spares %s, though all else is as it was: what it would hear is counted: %+v", role, p)
		}
	}
	if node.Spared || up.Spared || down.Spared {
		t.Error("nobody else is spared")
	}
}

func TestReplica(t *testing.T) {
	for _, c := range []struct {
		why   string
		role  Role
		word  string
		group string
		ok    bool
	}{
		{"a peer without the word stands for itself", Down, "", "", false},
		{"the word makes it one of several copies", Down, "1", "1", true},
		{"nodes may be copies, too", Node, "pair", "pair", true},
		{"peers above are copies of each other without the word", Up, "", "", true},
		{"and whatever it is", Up, "tops", "", true},
	} {
		p := (&Rules{}).Place(c.role, c.word)
		if group, ok := p.Replica(); group != c.group || ok != c.ok || p.Group() != c.word {
			t.Errorf("%s: got %q %v, shown as %q", c.why, group, ok, p.Group())
		}
	}
}

// TestElection plays stories: "NAME standing" is what happens, "> NAME" who leads then.
func TestElection(t *testing.T) {
	order := []string{"agg1", "agg2", "agg3"}
	standings := map[string]Standing{"away": Away, "learning": Learning, "ready": Ready, "silent": Silent}
	for _, c := range []struct{ why, story string }{
		{"nobody leads before a lesson has ended", "agg1 learning > - ; agg2 learning > -"},
		{"the first to be ready leads, though another stands before it", "agg2 ready > agg2 ; agg1 learning > agg2"},
		{"it stays the leader when that one is ready", "agg2 ready > agg2 ; agg1 ready > agg2"},
		{"the next takes over at once when its connection closes", "agg1 ready > agg1 ; agg2 ready > agg1 ; agg1 away > agg2"},
		{"and keeps the lead when it is back", "agg1 ready ; agg2 ready ; agg1 away > agg2 ; agg1 learning ; agg1 ready > agg2"},
		{"in the order of the configuration", "agg3 ready ; agg2 ready ; agg1 ready ; agg3 away > agg1"},
		{"one that learns does not take over", "agg1 ready ; agg2 learning ; agg1 away > agg1 ; agg2 ready > agg2"},
		{"its last values stay until somebody does", "agg1 ready ; agg1 away > agg1"},
		{"even while it learns again", "agg1 ready ; agg1 away ; agg1 learning > agg1 ; agg1 ready > agg1"},
		{"silence moves the lead", "agg1 ready ; agg2 ready ; agg1 silent > agg2"},
		{"and does not give it back", "agg1 ready ; agg2 ready ; agg1 silent ; agg1 ready > agg2"},
		{"the last to speak leads on in silence", "agg1 ready ; agg1 silent > agg1 ; agg2 silent > agg1"},
		{"a member that is taken out of the configuration leads no more", "agg1 ready ; agg1 leave > -"},
		{"another does if it is ready", "agg1 ready ; agg2 ready ; agg1 leave > agg2"},
		{"one that did not lead may go without a word", "agg1 ready ; agg2 ready ; agg2 leave > agg1"},
	} {
		var e Election
		for step := range strings.SplitSeq(c.story, ";") {
			event, want, checked := strings.Cut(step, ">")
			words := strings.Fields(event)
			before, _ := e.Leader()
			var changed bool
			if words[1] == "leave" {
				changed = e.Leave(words[0])
			} else {
				changed = e.Set(words[0], slices.Index(order, words[0]), standings[words[1]])
			}
			got, ok := e.Leader()
			if changed != (got != before) {
				t.Errorf("%s: %s: it says changed %v, %q led and %q does", c.why, step, changed, before, got)
			}
			if !ok {
				got = "-"
			}
			if want = strings.TrimSpace(want); checked && got != want {
				t.Errorf("%s: %s: %s leads, want %s", c.why, step, got, want)
			}
		}
	}
}
