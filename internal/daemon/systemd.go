package daemon

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tallystick/internal/proc"
)

// notify tells systemd a state, and the line that `systemctl status` shows.
func (d *daemon) notify(state string) {
	if err := proc.Notify(state, proc.NotifyStatus(d.status())); err != nil {
		d.log.Warn("systemd was not told how we are", "state", state, "err", err)
	}
}

// status is how we are, in a line.
func (d *daemon) status() string {
	p := d.now.Load()
	peers, there := 0, 0
	cold := ""
	for _, s := range p.sections {
		for _, peer := range s.Peers() {
			peers++
			if peer.Connected() {
				there++
			}
		}
		if warm, _ := s.Warm(); !warm {
			cold = ", waiting for members before sums are published"
		}
	}
	line := fmt.Sprintf("%d sections, %d of %d peers connected%s", len(p.sections), there, peers, cold)
	if d.reloads.refused() {
		line += "; the last reload was refused, the configuration before it serves (the log says why)"
	}
	return line
}

// watch feeds systemd's watchdog until ctx ends, as long as every section gets on. Where none
// is set it returns at once.
func (d *daemon) watch(ctx context.Context) {
	within, err := proc.WatchdogInterval()
	if err != nil {
		d.log.Warn("systemd waits for a sign of life and does not say how long", "err", err)
	}
	if within == 0 {
		return
	}
	// Three looks in the time given: one may fall into a long rebuild of a table and find
	// nothing new, and systemd still hears from us in time.
	tick := time.NewTicker(within / 3)
	defer tick.Stop()
	var last rounds
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := rounds{}
		for _, s := range d.now.Load().sections {
			now[s.ID()] = s.Rounds()
		}
		if stuck := now.stuck(last); len(stuck) > 0 {
			d.log.Error("sections do not get on; unless they do soon systemd will start us anew", "sections", stuck)
		} else {
			d.notify(proc.NotifyWatchdog)
		}
		last = now
	}
}

// rounds is how often each section had gone through all that it has, see node.Section.Rounds.
type rounds map[string]uint64

// stuck lists the sections that have not gone round since before, sorted. One that was not
// there before is given time, and so is one whose count began anew: another of its name.
func (r rounds) stuck(before rounds) (ids []string) {
	for id, n := range r {
		if was, there := before[id]; there && was == n {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
