package proc

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxCPU is one more than the highest CPU that a mask can name (the kernel's own
// default of CONFIG_NR_CPUS is no larger).
const maxCPU = 1024

// Pin lets all threads of this process, those to come included, run on the given CPUs
// only (numbers as in /proc/cpuinfo, `cpu-map`) and sets GOMAXPROCS by their number and
// by the CPU limit of the cgroup. An empty list changes nothing. A CPU that is not
// there, or not for us, is an error that names it, and nothing is changed.
func Pin(cpus []int) error {
	if len(cpus) == 0 {
		return nil
	}
	var want unix.CPUSet
	for _, cpu := range cpus {
		if cpu < 0 || cpu >= maxCPU {
			return fmt.Errorf("cpu %d: the range is 0 to %d", cpu, maxCPU-1)
		}
		want.Set(cpu)
	}
	if err := checkCPUs(cpus, &want); err != nil {
		return err
	}
	if err := pinThreads(&want); err != nil {
		return err
	}
	runtime.SetDefaultGOMAXPROCS() // counts the mask again
	return nil
}

// checkCPUs tries the mask on one thread. The kernel takes a mask of which it can
// fulfil a part and says nothing, so what was granted is read back.
func checkCPUs(cpus []int, want *unix.CPUSet) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	var before, granted unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("cpu affinity: %w", err)
	}
	err := unix.SchedSetaffinity(0, want)
	if err == nil {
		err = unix.SchedGetaffinity(0, &granted)
	}
	if back := unix.SchedSetaffinity(0, &before); err == nil {
		err = back
	}
	if err != nil && !errors.Is(err, unix.EINVAL) { // EINVAL: none of them is there
		return fmt.Errorf("cpu affinity: %w", err)
	}
	for _, cpu := range cpus {
		if !granted.IsSet(cpu) {
			return fmt.Errorf("cpu %d is not there for us: we may use %s", cpu, cpuList(&before))
		}
	}
	return nil
}

// pinThreads sets the mask of every thread. A thread inherits the mask of the one that
// starts it, which may be one not reached yet: go round until nobody is left.
func pinThreads(want *unix.CPUSet) error {
	const rounds = 100 // each has to meet a thread born in the one before
	for range rounds {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return fmt.Errorf("cpu affinity: %w", err)
		}
		changed := false
		for _, task := range tasks {
			tid, err := strconv.Atoi(task.Name())
			if err != nil {
				continue
			}
			did, err := pinThread(tid, want)
			if err != nil {
				return fmt.Errorf("cpu affinity of thread %d: %w", tid, err)
			}
			changed = changed || did
		}
		if !changed {
			return nil
		}
	}
	return errors.New("cpu affinity: threads are born faster than they can be told")
}

func pinThread(tid int, want *unix.CPUSet) (changed bool, err error) {
	var has unix.CPUSet
	if err = unix.SchedGetaffinity(tid, &has); err == nil && has != *want {
		changed, err = true, unix.SchedSetaffinity(tid, want)
	}
	if errors.Is(err, unix.ESRCH) {
		return false, nil // ended meanwhile
	}
	return changed, err
}

// cpuList writes a mask as `cpu-map` has it: 0,5-8.
func cpuList(set *unix.CPUSet) string {
	var parts []string
	for cpu := 0; cpu < maxCPU; cpu++ {
		if !set.IsSet(cpu) {
			continue
		}
		first := cpu
		for cpu+1 < maxCPU && set.IsSet(cpu+1) {
			cpu++
		}
		part := strconv.Itoa(first)
		if cpu > first {
			part += "-" + strconv.Itoa(cpu)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ",")
}
