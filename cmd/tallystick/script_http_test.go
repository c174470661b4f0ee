package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// httpAsk makes a request of the words METHOD URL [user:password] [BODY] and prints the status and the
// answer. With ! the status must be an error.
func httpAsk(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 4 {
		usageError(ts, "http METHOD URL [USER:PASSWORD] [BODY]")
	}
	status, answer, err := request(args...)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d\n%s", status, answer)
	if neg != (status >= 400) {
		ts.Fatalf("%s %s: %d\n%s", args[0], args[1], status, answer)
	}
}

func request(args ...string) (status int, answer string, err error) {
	var body io.Reader
	if len(args) > 3 {
		body = strings.NewReader(args[3])
	}
	q, err := http.NewRequest(args[0], args[1], body)
	if err != nil {
		return 0, "", err
	}
	if body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	if len(args) > 2 {
		if name, password, ok := strings.Cut(args[2], ":"); ok {
			q.SetBasicAuth(name, password)
		}
	}
	r, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}).Do(q)
	if err != nil {
		return 0, "", err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	return r.StatusCode, string(text), err
}

// curlWords are the words of a line of the manual that begins with curl, without curl itself; words in
// single quotes are one.
func curlWords(line string) (words []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words[1:]
}

// curlLines runs the curl lines of a page of the manual, at another address than it says, and prints what they
// answer. Each must succeed; where the machine has no curl none is run, and the script is told by ts.
func curlLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		usageError(ts, "curl-lines FILE ITS-ADDRESS OURS")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		ts.Logf("there is no curl: the lines of %s are not run", args[0])
		return
	}
	n := 0
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "curl ") {
			continue
		}
		words := curlWords(strings.ReplaceAll(line, args[1], args[2]))
		if slices.Contains(words, "-N") { // a stream has no end: its beginning will do
			words = append(words, "--max-time", "2")
		}
		cmd := exec.Command("curl", append([]string{"-s", "-S", "--fail-with-body"}, words...)...)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); err != nil && !slices.Contains(words, "-N") {
			ts.Fatalf("%s: %v\n%s", line, err, &out)
		}
		fmt.Fprintf(ts.Stdout(), "%s\n%s\n", line, &out)
		n++
	}
	if n < 10 {
		ts.Fatalf("%s has %d lines of curl only: this looks in the wrong place", args[0], n)
	}
}

// TestCurlWords: what a shell makes of a line of the manual.
func TestCurlWords(t *testing.T) {
	got := curlWords(`curl -u ada:secret 'http://h/a?b=c d' -d '{"x":1}'`)
	if want := []string{"-u", "ada:secret", "http://h/a?b=c d", "-d", `{"x":1}`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
