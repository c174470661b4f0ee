package daemon

import (
	"context"
	"log/slog"
	"time"

	"tallystick/internal/lint"
	"tallystick/internal/view"
)

// The cluster is looked at every few seconds: an operator could not be told of more. A look costs a snapshot of
// everything, milliseconds if there are dozens of nodes with hundreds of tables. So that it stays
// below a thousandth of a processor there is a rest behind it as long as that takes.
const (
	lintEvery = 5 * time.Second
	lintMost  = time.Minute
	lintShare = 1000
)

// lint looks at the cluster until ctx ends, and tells the log what has begun to be wrong and what
// is right again.
func (d *daemon) lint(ctx context.Context) {
	timer := time.NewTimer(lintEvery)
	defer timer.Stop()
	var l lint.Linter
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			start := time.Now()
			d.lookAround(&l, start)
			timer.Reset(min(max(lintEvery, lintShare*time.Since(start)), lintMost))
		}
	}
}

// lookAround takes one look.
func (d *daemon) lookAround(l *lint.Linter, now time.Time) {
	b := (*backend)(d)
	p := b.seenByProcess()
	all, begun, ended := l.Look(now, &p, b.Sections())
	d.findings.Store(&all)
	for i := range begun {
		f := &begun[i]
		level := slog.LevelWarn
		if f.Severity == view.Notice { // it may be meant so
			level = slog.LevelInfo
		}
		d.log.Log(context.Background(), level, f.Text, about(f, "line", f.Fix)...)
	}
	for i := range ended {
		d.log.Info("it is not so any more: "+ended[i].Text, about(&ended[i])...)
	}
}

// about are the fields of a log line for a finding.
func about(f *view.Finding, more ...any) []any {
	args := []any{"lint", f.Rule}
	for _, where := range [][2]string{{"section", f.Section}, {"peer", f.Peer}, {"table", f.Table}} {
		if where[1] != "" {
			args = append(args, where[0], where[1])
		}
	}
	if len(more) > 1 && more[1] == "" {
		more = nil
	}
	return append(args, more...)
}

// Findings implements view.Viewer.
func (b *backend) Findings() []view.Finding {
	if all := b.findings.Load(); all != nil {
		return *all
	}
	return nil
}
