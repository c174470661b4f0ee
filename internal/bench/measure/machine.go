package measure

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Allocations is how many objects this process has allocated since its start.
func Allocations() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// Used is the processor time that this process has used, with all its threads.
func Used() time.Duration {
	d, err := CPU(os.Getpid())
	if err != nil {
		panic(err) // every Linux has that clock of itself
	}
	return d
}

// Available is how much memory can still be used, in bytes (proc(5): MemAvailable); 0 if
// nobody tells.
func Available() int64 {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	return kilobytes(string(b), "MemAvailable:")
}

// kilobytes finds the line of a proc file that begins with name, and gives its number of
// kilobytes in bytes; 0 if there is none.
func kilobytes(text, name string) int64 {
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok {
			continue
		}
		word, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		kb, _ := strconv.ParseInt(word, 10, 64)
		return kb << 10
	}
	return 0
}
