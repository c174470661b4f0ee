package node

import (
	"net"
	"sync"
)

// Lobby holds the connections that have not said who they are, of all doors of the process.
// When there are too many, the one that has been silent for longest makes room. Those from
// addresses where a configured peer lives have places of their own, which strangers cannot
// take, however many come: a peer needs its place for the time of one round trip. The zero
// value is an empty one. Safe for concurrent use.
type Lobby struct {
	mu       sync.Mutex
	expected []net.Conn // oldest first
	others   []net.Conn
}

// enter gives a connection a place, and returns the one that has lost its for it, if any.
func (l *Lobby) enter(nc net.Conn, expected bool) (evicted net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	conns, most := &l.others, maxStrangers
	if expected {
		conns, most = &l.expected, maxExpected
	}
	if len(*conns) >= most {
		evicted = (*conns)[0]
		*conns = (*conns)[1:]
	}
	*conns = append(*conns, nc)
	return evicted
}

func (l *Lobby) leave(nc net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conns := range []*[]net.Conn{&l.expected, &l.others} {
		for i, c := range *conns {
			if c == nc {
				*conns = append((*conns)[:i], (*conns)[i+1:]...)
				return
			}
		}
	}
}
