package secure

import (
	"crypto/sha256"
	"crypto/x509"
	"maps"
	"time"
)

// term is how near its end a certificate is.
type term uint8

// The terms, in the order in which they come.
const (
	far       term = iota // nothing to say
	fortnight             // 14 days or less: time to order a new one
	lastDay               // a day or less
	over                  // peers that verify refuse it
)

const day = 24 * time.Hour

// termOf tells how near its end c is.
func termOf(c *x509.Certificate, now time.Time) term {
	switch left := c.NotAfter.Sub(now); {
	case left < 0: // valid to NotAfter, inclusive
		return over
	case left <= day:
		return lastDay
	case left <= 14*day:
		return fortnight
	}
	return far
}

// warn logs every certificate in use that has come nearer to its end than we have said:
// leaves, what is sent behind them, and authorities. Each once a term, however many files
// have it, as long as it is in use.
func (s *Store) warn(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[[sha256.Size]byte]bool{}
	inUse := *s.now.Load()
	for _, n := range sorted(inUse) {
		for _, c := range inUse[n].certs {
			id := sha256.Sum256(c.Raw)
			seen[id] = true
			if t := termOf(c, now); t > s.ofEnding[id] {
				s.ofEnding[id] = t
				s.logEnding(n, c, t, now)
			}
		}
	}
	maps.DeleteFunc(s.ofEnding, func(id [sha256.Size]byte, _ term) bool { return !seen[id] })
}

func (s *Store) logEnding(n named, c *x509.Certificate, t term, now time.Time) {
	what := []any{role(n), n.file, "for", describe(c), "ends", c.NotAfter}
	switch {
	case t != over:
		s.log.Warn("certificate ends soon: put the new one into the file, no restart is needed",
			append(what, "left", c.NotAfter.Sub(now).Round(time.Hour))...)
	case n.ca:
		s.log.Error("certificate of an authority has ended: peers with a certificate of it are refused, put the new one into the file", what...)
	default:
		s.log.Error("certificate has ended: peers that verify it refuse us, put the new one into the file", what...)
	}
}
