package daemon

import (
	"context"
	"time"

	"tallystick/internal/lint"
	"tallystick/internal/view"
)

// lintEvery is how often the cluster is looked at. A look costs a snapshot of everything, so
// it is no more often than an operator could be told of it.
const lintEvery = 5 * time.Second

// lint looks at the cluster until ctx ends, and tells the log what has begun to be wrong and what
// is right again.
func (d *daemon) lint(ctx context.Context) {
	tick := time.NewTicker(lintEvery)
	defer tick.Stop()
	var l lint.Linter
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			b := (*backend)(d)
			p := b.seenByProcess()
			all, begun, ended := l.Look(now, &p, b.Sections())
			d.findings.Store(&all)
			for i := range begun {
				f := &begun[i]
				d.log.Warn(f.Text, about(f, "line", f.Fix)...)
			}
			for i := range ended {
				d.log.Info("it is not so any more: "+ended[i].Text, about(&ended[i])...)
			}
		}
	}
}

// about are the fields of a log line for a finding.
func about(f *view.Finding, more ...any) []any {
	args := []any{"lint", f.Rule}
	if f.Section != "" {
		args = append(args, "section", f.Section)
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
