package haproxytest

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// end is how the test binary of TestNothingIsLeftOver ends, in its environment.
const end = "HAPROXYTEST_END"

// TestNothingIsLeftOver runs this test binary once more, has it start a HAProxy, ends it in the middle of
// the test, and looks for the HAProxy.
func TestNothingIsLeftOver(t *testing.T) {
	for _, how := range []string{"panic", "timeout", "kill"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestStartedToEndEarly$", "-test.timeout=3s")
			cmd.Env = append(os.Environ(), end+"="+how)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			pid := 0
			for in := bufio.NewScanner(out); in.Scan(); {
				if s, ok := strings.CutPrefix(in.Text(), "started "); ok {
					pid, _ = strconv.Atoi(s)
					if how == "kill" {
						cmd.Process.Kill()
					}
				}
			}
			if err := cmd.Wait(); err == nil {
				t.Error("the test binary was to end badly")
			}
			if pid == 0 {
				t.Fatal("it started nothing")
			}
			Eventually(t, 5*time.Second, func() error {
				if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
					return nil
				}
				return errors.New("HAProxy " + strconv.Itoa(pid) + " is still there")
			})
		})
	}
}

// TestStartedToEndEarly is the test binary of TestNothingIsLeftOver.
func TestStartedToEndEarly(t *testing.T) {
	how := os.Getenv(end)
	if how == "" {
		return // in an ordinary run there is nothing to see
	}
	h := Start(t, one(Get(t, 2, 6)))
	os.Stdout.WriteString("started " + strconv.Itoa(h.Pid()) + "\n")
	if how == "panic" {
		panic("in the middle of a test")
	}
	select {} // until the timeout or the kill
}
