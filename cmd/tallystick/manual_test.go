package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The manual of the runtime CLI has every command that the program has, with the arguments that
// its help has, under the level at which it can be used; and no others.
func TestCLIManual(t *testing.T) {
	text, err := os.ReadFile("../../doc/tallystick-cli.1")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.ReplaceAll(string(text), `\-`, "-")
	known := map[string]bool{} // of the levels below
	for _, level := range []string{"user", "operator", "admin"} {
		_, section, found := strings.Cut(page, "\n.SH "+strings.ToUpper(level)+"\n")
		section, _, _ = strings.Cut(section, "\n.SH ")
		var got, want []string
		for _, m := range regexp.MustCompile(`(?m)^\.TP\n\.B (.*)$`).FindAllStringSubmatch(section, -1) {
			got = append(got, m[1])
		}
		for _, usage := range helpAt(t, level) {
			if !known[usage] {
				want = append(want, usage)
			}
			known[usage] = true
		}
		if diff := cmp.Diff(want, got); diff != "" || !found {
			t.Errorf("doc/tallystick-cli.1, level %s (- the program, + the page):\n%s", level, diff)
		}
	}
}

// helpAt asks a program for the commands of a level, sorted as the page has them.
func helpAt(t *testing.T, level string) (usages []string) {
	t.Helper()
	at, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	s := newService(t, "AGG="+at)
	s.write(strings.Replace(serviceConfig, "unix@cli", "unix@cli level "+level, 1))
	s.start()
	s.hears("READY=1", "it serves")
	c, err := net.Dial("unix", filepath.Join(s.dir, "cli"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintln(c, "help")
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(answer)) {
		if usage, _, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(line, "  ") {
			usages = append(usages, strings.TrimSpace(usage))
		}
	}
	if len(usages) < 10 {
		t.Fatalf("help says %q", answer)
	}
	slices.Sort(usages)
	return usages
}
