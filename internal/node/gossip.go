package node

import (
	"maps"
	"sync"
	"time"
)

// gossip keeps the log short: a caller that is refused calls again every five seconds, and
// strangers may choose what is said of them. Safe for concurrent use.
type gossip struct {
	mu     sync.Mutex
	said   map[string]time.Time
	unsaid int // things that there was no room to remember, so they were not said
}

const (
	gossipFor = 10 * time.Minute // the same thing is said again after that time
	gossipMax = 1000             // things remembered; more are not said until some are old
)

// once calls say unless that was done for the same what within the last ten minutes.
func (g *gossip) once(what string, now time.Time, say func()) {
	if g.isNews(what, now) {
		say()
	}
}

func (g *gossip) isNews(what string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if last, known := g.said[what]; known && now.Sub(last) < gossipFor {
		return false
	}
	if len(g.said) >= gossipMax {
		maps.DeleteFunc(g.said, func(_ string, last time.Time) bool { return now.Sub(last) >= gossipFor })
	}
	if len(g.said) >= gossipMax {
		g.unsaid++
		return false
	}
	if g.said == nil {
		g.said = map[string]time.Time{}
	}
	g.said[what] = now
	return true
}

// silent takes the number of things that were not said.
func (g *gossip) silent() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, g.unsaid = g.unsaid, 0
	return n
}
