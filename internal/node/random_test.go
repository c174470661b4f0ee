package node

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"tallystick/internal/fakepeer"
	"tallystick/internal/stick"
)

// simulation is a cluster to which things happen at random, and what is known of it.
type simulation struct {
	*cluster
	r      *rand.Rand
	names  []string
	expire uint32                       // ms
	most   map[string]map[string]uint64 // by key and node: the largest value that the node ever had
}

// TestSimulation lets three to five nodes of all kinds count, be cut, reload, lose their
// memory and stop reading, for two minutes, and then leaves them in peace. What must hold:
//
//   - at any moment no node is shown more than the sum of the largest values that the
//     members ever had (I2): nothing counts twice;
//   - in the end every twin equals the sum of the sources (I1), and values that were set
//     lower stay lower (I13);
//   - nothing of it keeps running (I14): a bubble does not end before its goroutines.
func TestSimulation(t *testing.T) {
	seed := uint64(0)
	for begin := time.Now(); seed < 10 || time.Since(begin) < 6*time.Second; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			bubble(t, "lb1 lb2 lb3 lb4 lb5", func(c *cluster) {
				s := &simulation{cluster: c, r: rand.New(rand.NewPCG(seed, 1)), most: map[string]map[string]uint64{}}
				s.begin()
				for range 400 {
					s.step()
					wait(time.Duration(s.r.IntN(600)) * time.Millisecond)
					s.neverOver()
				}
				s.end()
			})
		})
		if t.Failed() {
			return // the first seed is enough to look at
		}
	}
	t.Logf("%d seeds", seed)
}

func (s *simulation) begin() {
	n := 3 + s.r.IntN(3)
	s.config.Peers = s.config.Peers[:n]
	s.start()
	s.expire = []uint32{15000, 600000}[s.r.IntN(2)] // many entries end in between, or none
	for _, p := range s.config.Peers {
		s.names = append(s.names, p.Name)
		both := tables()
		for _, t := range both {
			t.Expire = s.expire
		}
		s.version(branches[s.r.IntN(len(branches))], p.Name, both...)
	}
}

// step does one thing to one node.
func (s *simulation) step() {
	name := s.names[s.r.IntN(len(s.names))]
	n := s.nodes[name]
	switch x := s.r.IntN(100); {
	case x < 80:
		s.touch(name, fakepeer.Add(stick.HTTPReqCnt, uint64(s.r.IntN(5))))
	case x < 84:
		s.touch(name, to(uint64(s.r.IntN(5)))) // an operator's "set table"
	case x < 90:
		n.Cut()
	case x < 93:
		n.Restart(fakepeer.Reload)
	case x < 95:
		n.Restart(fakepeer.Hard)
	case x < 98:
		n.Misbehave(fakepeer.Faults{ReadDelay: time.Duration(s.r.IntN(300)) * time.Millisecond})
	case x < 99:
		n.Misbehave(fakepeer.Faults{NoRead: true})
	default:
		s.start() // the section itself
	}
}

func (s *simulation) touch(name string, change fakepeer.Change) {
	k := keyOf(s.r.IntN(6))
	s.nodes[name].Touch("web", k, change)
	v, _ := s.nodes[name].Read("web", k, stick.HTTPReqCnt)
	if s.most[k] == nil {
		s.most[k] = map[string]uint64{}
	}
	s.most[k][name] = max(s.most[k][name], v)
}

// neverOver checks I2 on all nodes.
func (s *simulation) neverOver() {
	s.t.Helper()
	for k, values := range s.most {
		var bound uint64
		for name := range values {
			// What was restored to a node it may have counted on from.
			own, _ := s.nodes[name].Read("web", k, stick.HTTPReqCnt)
			values[name] = max(values[name], own)
			bound += values[name]
		}
		for _, name := range s.names {
			if v, _ := s.nodes[name].Read("web.agg", k, stick.HTTPReqCnt); v > bound {
				s.t.Fatalf("%s shows %d of %x, want at most %d: something counts twice\nlog:\n%s", name, v, k, bound, s.log)
			}
		}
	}
}

// end leaves everybody in peace for a while and checks that all is exact.
func (s *simulation) end() {
	for _, n := range s.nodes {
		n.Misbehave(fakepeer.Faults{})
	}
	wait(time.Minute)
	for k := range s.most {
		for _, name := range s.names {
			if s.expire > 60000 {
				continue // it must be exact without another word
			}
			s.nodes[name].Touch("web", k, fakepeer.Add(stick.HTTPReqCnt, 1))
		}
	}
	wait(time.Second)
	for k := range s.most {
		var sum uint64
		for _, name := range s.names {
			v, _ := s.nodes[name].Read("web", k, stick.HTTPReqCnt)
			sum += v
		}
		for _, name := range s.names {
			if v, _ := s.nodes[name].Read("web.agg", k, stick.HTTPReqCnt); v != sum {
				s.t.Errorf("%s shows %d of %x, want %d, the sum of the nodes' own tables\nlog:\n%s", name, v, k, sum, s.log)
			}
		}
	}
}
