package measure

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// CPU is how much processor time a process has used, with all its threads, those that have
// ended included, to the nanosecond. The ticks of /proc/PID/stat are 10 ms, in which an idle
// process does nothing at all.
//
// The clock is that of clock_getcpuclockid(3): the C library makes its number of the
// process id in this way, and so it is part of what Linux promises.
func CPU(pid int) (time.Duration, error) {
	const sched = 2 // CPUCLOCK_SCHED: as the scheduler has counted it
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|sched), &t); err != nil {
		return 0, fmt.Errorf("processor time of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// Memory is what a process holds, in bytes.
type Memory struct {
	Resident int64 // now (proc(5): VmRSS)
	Peak     int64 // at most so far (VmHWM)
}

// MemoryOf reads what a process holds.
func MemoryOf(pid int) (Memory, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Memory{}, err
	}
	m := Memory{kilobytes(string(b), "VmRSS:"), kilobytes(string(b), "VmHWM:")}
	if m.Resident == 0 {
		return m, fmt.Errorf("process %d has no memory any more: it has ended", pid)
	}
	return m, nil
}
