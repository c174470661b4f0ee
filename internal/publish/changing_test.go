package publish

import (
	"strings"
	"testing"

	"tallystick/internal/stick"
)

// TestDefinitionsChangeWhilePulling: another member's definition may give the table other
// columns between a read and the next. Rows are shaped by the schema that they were read
// with: GPT0 before GPC0 moves GPC0 in a row, and whoever looks for it in the old place says 0.
func TestDefinitionsChangeWhilePulling(t *testing.T) {
	r := counts(t)
	r.report("k", 20)
	narrow, wide := text(32, stick.Column{Type: stick.GPC0}), text(32, stick.Column{Type: stick.GPT0}, stick.Column{Type: stick.GPC0})
	other, _ := r.table.Define(nil, "lb2", 1, narrow)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				r.table.Define(other, "lb2", 1, []*stick.Schema{wide, narrow}[i%2])
			}
		}
	}()
	for range 20_000 {
		r.table.Touch([]byte("k"))
		if said := r.pull(); said != "" && !strings.Contains(said, "k=[20]") {
			t.Errorf("the sum is 20 whatever else the table has: %q", said)
			break
		}
	}
	close(stop)
	<-stopped
}
