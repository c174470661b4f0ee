package table

import "sync"

// texts numbers the values of text columns, so that a share holds four bytes. There are
// few: names of servers. They are kept as long as the table. Safe for concurrent use.
type texts struct {
	mu      sync.RWMutex
	numbers map[string]uint32
	list    []string // by number - 1
	refused uint64
}

// Limits of texts: more is a peer that makes them up.
const (
	maxTexts   = 1 << 16
	maxTextLen = 256
)

// number returns the number of s, 0 for the empty text and for one too many or too long.
func (t *texts) number(s string) uint32 {
	if s == "" {
		return 0
	}
	t.mu.RLock()
	n, ok := t.numbers[s]
	t.mu.RUnlock()
	if ok {
		return n
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if n, ok := t.numbers[s]; ok {
		return n
	}
	if len(t.list) >= maxTexts || len(s) > maxTextLen {
		t.refused++
		return 0
	}
	if t.numbers == nil {
		t.numbers = map[string]uint32{}
	}
	t.list = append(t.list, s)
	t.numbers[s] = uint32(len(t.list))
	return uint32(len(t.list))
}

// text returns the text of a number.
func (t *texts) text(n uint32) string {
	if n == 0 {
		return ""
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.list[n-1]
}

func (t *texts) stats() (held int, refused uint64) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.list), t.refused
}
