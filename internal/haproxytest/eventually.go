package haproxytest

import (
	"testing"
	"time"
)

// Eventually calls check until it succeeds. The test fails with check's last error if that takes longer
// than d. Other processes tell nobody when they are ready: polling is what remains.
func Eventually(t testing.TB, d time.Duration, check func() error) {
	t.Helper()
	start := time.Now()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		err := check()
		if err == nil {
			return
		}
		if time.Since(start) > d {
			t.Fatalf("still after %v: %v", d, err)
		}
		time.Sleep(pause)
	}
}
