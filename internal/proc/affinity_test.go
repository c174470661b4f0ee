package proc

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// rolePin pins itself to args and prints what became of each thread.
func rolePin(args []string) int {
	manyThreads(8)
	var cpus []int
	for _, a := range args {
		n, _ := strconv.Atoi(a)
		cpus = append(cpus, n)
	}
	err := Pin(cpus)
	manyThreads(2)
	fmt.Println("error:", err)
	fmt.Println("procs:", runtime.GOMAXPROCS(0))
	lines := threads("Cpus_allowed_list")
	slices.Sort(lines)
	fmt.Println("threads:", strings.Join(slices.Compact(lines), " "))
	return 0
}

func allowed(t *testing.T) (cpus []int, list string) {
	t.Helper()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	for cpu := range maxCPU {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, cpuList(&set)
}

func TestPin(t *testing.T) {
	cpus, list := allowed(t)
	all := fmt.Sprintf("procs: %d\nthreads: Cpus_allowed_list=%s\n", runtime.GOMAXPROCS(0), list)
	last := strconv.Itoa(cpus[len(cpus)-1])
	missing := "1023"
	if slices.Contains(cpus, 1023) {
		t.Fatal("this machine has more CPUs than the test thinks of")
	}
	tests := []struct {
		name string
		cpus []string
		want string
	}{
		{"one", []string{last}, "error: <nil>\nprocs: 1\nthreads: Cpus_allowed_list=" + last + "\n"},
		{"none leaves all", nil, "error: <nil>\n" + all},
		{"one there, one not: nothing changes", []string{last, missing},
			"error: cpu 1023 is not there for us: we may use " + list + "\n" + all},
		{"not there at all", []string{missing}, "error: cpu 1023 is not there for us: we may use " + list + "\n" + all},
		{"beyond every machine", []string{"1024"}, "error: cpu 1024: the range is 0 to 1023\n" + all},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := command("pin", tt.cpus...)
			cmd.Env = slices.DeleteFunc(cmd.Env, func(s string) bool { return strings.HasPrefix(s, "GOMAXPROCS=") })
			if r := play(t, cmd); r.stdout != tt.want {
				t.Errorf("got\n%swant\n%s%s", r.stdout, tt.want, r.stderr)
			}
		})
	}
}

func TestCPUList(t *testing.T) {
	for _, want := range []string{"", "0", "0,5-8", "1022-1023", "0-2,4,6-7"} {
		var set unix.CPUSet
		for part := range strings.SplitSeq(want, ",") {
			first, last, isRange := strings.Cut(part, "-")
			if !isRange {
				last = first
			}
			a, err := strconv.Atoi(first)
			b, _ := strconv.Atoi(last)
			for ; err == nil && a <= b; a++ {
				set.Set(a)
			}
		}
		if got := cpuList(&set); got != want {
			t.Errorf("cpuList: %q, want %q", got, want)
		}
	}
}

// roleLimits forbids cores, raises files, and prints the limits as the kernel has them.
func roleLimits([]string) int {
	n, err := OpenFiles()
	fmt.Println(n, err, NoCore())
	b, _ := os.ReadFile("/proc/self/limits")
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "Max core") || strings.HasPrefix(line, "Max open") {
			fmt.Println(strings.Join(strings.Fields(line), " "))
		}
	}
	return 0
}

// T-31: nothing of our memory lands in a file.
func TestLimits(t *testing.T) {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%d <nil> <nil>\nMax core file size 0 0 bytes\nMax open files %[1]d %[1]d files\n", r.Max)
	if got := play(t, command("limits")).stdout; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
