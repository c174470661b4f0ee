package history

import (
	"fmt"
	"testing"
	"time"

	"tallystick/internal/view"
)

// BenchmarkAdd is what a second costs with as many tables as a section may have.
func BenchmarkAdd(b *testing.B) {
	var h Tables
	var all []view.Sample
	for i := range 256 {
		all = append(all, view.Sample{Section: "data", Table: fmt.Sprintf("table%d.agg", i)})
	}
	now := noon
	for b.Loop() {
		now = now.Add(time.Second)
		for i := range all {
			all[i].In += 100
		}
		h.Add(now, all)
	}
}
