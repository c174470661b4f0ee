package wire

import (
	"bufio"
	"errors"
	"os"
	"strings"
	"testing"
)

// TestPushes reads what was once pushed to real HAProxy processes, right and wrong, and
// must come to their verdict on each: go on, or close the session.
func TestPushes(t *testing.T) {
	stricter := map[string]string{
		"key longer than table (40 > 32)": "HAProxy cuts such a key and so merges two; no HAProxy sends one",
		"class 255":                       "refused by session: any message can be cut out of the stream",
	}
	f, err := os.Open("testdata/pushes.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases := 0
	for scan := bufio.NewScanner(f); scan.Scan(); {
		if strings.HasPrefix(scan.Text(), "#") {
			continue
		}
		head, name, _ := strings.Cut(scan.Text(), " ; ")
		verdict, messages, _ := strings.Cut(head, " ")
		cases++
		err := replay(newReceiver(), unhex(t, messages))
		if closed := err != nil; closed != (verdict == "closed") {
			if stricter[name] == "" {
				t.Errorf("%s: %v, but HAProxy left the session %s", name, err, verdict)
			}
			delete(stricter, name)
		}
	}
	if cases != 42 || len(stricter) != 0 {
		t.Errorf("%d cases, want 42; no difference any more in %v", cases, stricter)
	}
}

// replay plays messages until one must end the session. A table that makes no sense does
// not: it is ignored, with its updates.
func replay(r *receiver, b []byte) error {
	for len(b) > 0 {
		m, n, err := Next(b)
		if err != nil {
			return err
		}
		_, _, err = r.play(m)
		if fault := (*Error)(nil); errors.As(err, &fault) && fault.Table {
			r.table, err = 0, nil
		}
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}
