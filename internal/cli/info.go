package cli

// showInfo prints "Name: value" lines with HAProxy's names where it has them, since hatop
// and agents want all of those; then every counter of ours, limits included.
func showInfo(r *request) error {
	p := r.backend.Process()
	up := r.client.server.config.Now().Sub(p.Started)
	r.printf("Name: tallystick\nVersion: %s\nRelease_date: %s\n", p.Version, p.Release)
	r.printf("Nbthread: %d\nNbproc: 1\nProcess_num: 1\nPid: %d\n", p.Threads, p.PID)
	r.printf("Uptime: %s\nUptime_sec: %d\n", uptime(up), int64(up.Seconds()))
	r.printf("Maxconn: %d\nCurrConns: %d\nCumConns: %d\n", p.MaxConns, p.Conns, p.CumConns)
	// Pipes and a run queue we have none of, but hatop refuses to start without.
	r.printf("Maxpipes: 0\nPipesUsed: 0\nPipesFree: 0\nTasks: %d\nRun_queue: 0\n", p.Tasks)
	r.printf("node: %s\nStopping: %d\n", oneWord(p.Node), asInt(p.Stopping))
	r.printf("Start_time_sec: %d\nLog_level: %s\n", p.Started.Unix(), p.LogLevel)
	r.printf("Observing: %d\n", r.observing())
	active, connected := r.countPeers()
	r.printf("ActivePeers: %d\nConnectedPeers: %d\n", active, connected)
	for _, c := range append(r.client.server.Counters(), p.Counters...) {
		r.printf("%s: %d\n", c.Name, c.Value)
	}
	return nil
}

// observing counts the sections that push nothing.
func (r *request) observing() (n int) {
	for _, s := range r.backend.Sections() {
		n += asInt(s.Observe)
	}
	return n
}

// countPeers counts those that may come and those that are there.
func (r *request) countPeers() (active, connected int) {
	for _, s := range r.backend.Sections() {
		for i := range s.Peers {
			active += 1 - asInt(s.Peers[i].Disabled)
			connected += asInt(s.Peers[i].Established)
		}
	}
	return active, connected
}

func asInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
