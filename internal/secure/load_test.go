package secure

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"tallystick/internal/secure/securetest"
)

// Load takes all or nothing, says all that is wrong, and each file once.
func TestLoadThatFailsChangesNothing(t *testing.T) {
	ca := securetest.New(t)
	us := Line{Crt: ca.Leaf(securetest.Leaf{Names: []string{"old"}}), CAFile: ca.File()}
	s, j := newStore(t, us)
	securetest.Write(t, us.Crt, ca.Bundle(securetest.Leaf{Names: []string{"new"}}))

	dir := t.TempDir()
	bad := Line{Crt: dir + "/no.pem", CAFile: dir}
	err := s.Load([]Line{us, bad, bad, {Crt: us.Crt, Verify: Optional}})
	want := "certificate file " + dir + ": it is a directory: name one PEM file of it\n" +
		"certificate file " + dir + "/no.pem: no such file or directory\n" +
		"verify without a file of authorities: add 'ca-file FILE'"
	if err == nil || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
	if got := describe(shown(t, s, us)); got != "old" {
		t.Errorf("a load that failed put %s in use", got)
	}
	expect(t, j.take(), "", "the error is the caller's to log")

	if err := s.Load([]Line{us}); err != nil {
		t.Fatal(err)
	}
	if got := describe(shown(t, s, us)); got != "new" {
		t.Errorf("a file that is still named is read anew, but %s is in use", got)
	}
	expect(t, j.take(), `level=INFO msg="certificate file was read anew: sessions that begin from now on use it" crt=`+us.Crt+" for=new", "it is said")
}

// Files of lines that are gone are forgotten.
func TestLoadForgets(t *testing.T) {
	ca := securetest.New(t)
	a, b := Line{Crt: ca.Leaf(securetest.Leaf{})}, Line{Crt: ca.Leaf(securetest.Leaf{})}
	s, _ := newStore(t, a, b)
	securetest.Write(t, a.Crt)
	s.Reread() // which is complained of
	if err := s.Load([]Line{b}); err != nil {
		t.Fatal(err)
	}
	if s.held(named{file: a.Crt}) != nil || s.held(named{file: b.Crt}) == nil || len(s.files()) != 2 || len(s.bad) != 0 {
		t.Errorf("%q, complained of %v", s.files(), s.bad)
	}
}

// A file that is bad now keeps what it was, and says so once; F-36.
func TestBadFileKeepsTheOldOne(t *testing.T) {
	ca, other := securetest.New(t), securetest.New(t)
	us := Line{Crt: ca.Leaf(securetest.Leaf{Names: []string{"old"}}), CAFile: ca.File(), Verify: Required}
	s, j := newStore(t, us)
	cert, _, _ := ca.Issue(securetest.Leaf{Names: []string{"new"}})
	_, _, key := ca.Issue(securetest.Leaf{})
	securetest.Write(t, us.Crt, cert, key)
	securetest.Write(t, us.CAFile)
	s.Reread()
	log := j.take()
	expect(t, log, `level=ERROR msg="certificate file is bad: what was read from it before stays in use" why="certificate file `+us.Crt+", block 2 at line", "which block")
	expect(t, log, "certificate file "+us.CAFile+": there is no certificate of an authority in it", "the other one, too")
	holdsNoKey(t, log, [][]byte{key})
	if server, client := shake(t, s.Server(us), s.Client(us, "127.0.0.1", "")); client.err != nil || describe(client.state.PeerCertificates[0]) != "old" {
		t.Errorf("the old ones are not in use: %v, %v", client.err, server.err)
	}
	s.Reread()
	expect(t, j.take(), "", "nothing has changed, so there is nothing to say")
	securetest.Write(t, us.Crt)
	s.Reread()
	expect(t, j.take(), "there is no certificate in it", "it is bad in another way")

	securetest.Write(t, us.Crt, other.Bundle(securetest.Leaf{Names: []string{"new"}}))
	securetest.Write(t, us.CAFile, other.Root())
	s.Reread()
	log = j.take()
	expect(t, log, "crt="+us.Crt+" for=new", "good again")
	expect(t, log, "ca-file="+us.CAFile+" for=", "good again")
	if server, client := shake(t, s.Server(us), s.Client(us, "127.0.0.1", "")); client.err != nil || server.err != nil {
		t.Errorf("both sides use the new authority: %v, %v", client.err, server.err)
	}
	s.Reread()
	expect(t, j.take(), "", "the same bytes are no news")
}

// A key that others may read is warned of and used: files of other products are like that.
func TestReadableKey(t *testing.T) {
	ca := securetest.New(t)
	cert, _, key := ca.Issue(securetest.Leaf{})
	for _, c := range []struct {
		mode, keyMode os.FileMode // of FILE, and of FILE.key if there is one
		warned        string
	}{
		{0o600, 0, ""}, {0o400, 0, ""}, {0o640, 0, "us.pem"}, {0o604, 0, "us.pem"}, {0o622, 0, ""},
		{0o644, 0o600, ""}, {0o644, 0o644, "us.pem.key"}, {0o600, 0o640, "us.pem.key"},
	} {
		file := filepath.Join(t.TempDir(), "us.pem")
		parts := [][]byte{cert, key}
		if c.keyMode != 0 {
			securetest.Write(t, file+".key", key)
			parts = parts[:1]
			os.Chmod(file+".key", c.keyMode)
		}
		securetest.Write(t, file, parts...)
		os.Chmod(file, c.mode)
		s, j := newStore(t, Line{Crt: file})
		s.Reread()
		want := ""
		if c.warned != "" {
			want = "level=WARN msg=\"private key can be read by others than its owner: chmod 600, or 400\" file=" + filepath.Join(filepath.Dir(file), c.warned) + "\n"
		}
		if got := j.take(); got != want {
			t.Errorf("%o, %o: %q, want %q, once", c.mode, c.keyMode, got, want)
		}
	}
}

// Once the rights of root are gone most keys are out of reach. That must not keep an
// operator from loading another configuration.
func TestKeyOutOfReach(t *testing.T) {
	ca := securetest.New(t)
	us := Line{Crt: ca.Leaf(securetest.Leaf{Names: []string{"old"}})}
	other := Line{Crt: ca.Leaf(securetest.Leaf{})}
	s, j := newStore(t, us)
	asNobody(t, us.Crt, func() {
		for range 2 {
			if err := s.Load([]Line{us}); err != nil {
				t.Errorf("what we hold already stays: %v", err)
			}
		}
		err := s.Load([]Line{us, other})
		if err == nil || strings.Contains(err.Error(), us.Crt) {
			t.Errorf("of the two only what we never had is missing: %v", err)
		}
		expect(t, Explain(err), other.Crt+": permission denied: whom we run as must be able to read it, after the start, too", "what to do")
	})
	if log := j.take(); strings.Count(log, "\n") != 1 {
		t.Errorf("it is said once: %s", log)
	}
	if got := describe(shown(t, s, us)); got != "old" {
		t.Error(got)
	}
}

// asNobody runs f on a thread that may not read the folder of file.
func asNobody(t *testing.T, file string, f func()) {
	t.Helper()
	dir := filepath.Dir(file)
	if err := os.Chmod(dir, 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	if os.Geteuid() != 0 {
		f()
		return
	}
	runtime.LockOSThread() // root reads everything: another user for the files of this thread
	defer runtime.UnlockOSThread()
	syscall.Setfsuid(65534)
	defer syscall.Setfsuid(0)
	f()
}

// T-31: whatever is logged and said of the files of this room, no key is in it.
func TestKeysAreNotInTheLog(t *testing.T) {
	ca := securetest.New(t)
	cert, _, key := ca.Issue(securetest.Leaf{Names: []string{"us"}})
	us := Line{Crt: filepath.Join(t.TempDir(), "us.pem"), CAFile: ca.File()}
	securetest.Write(t, us.Crt, cert, key)
	s, j := newStore(t, us)
	var said strings.Builder
	for i := range bytes.Count(key, []byte("\n")) + 1 { // cut the key at each of its lines
		lines := bytes.SplitAfter(key, []byte("\n"))
		securetest.Write(t, us.Crt, cert, bytes.Join(append(lines[:i:i], lines[min(i+1, len(lines)):]...), nil))
		s.Reread()
		if err := s.Load([]Line{us}); err != nil {
			said.WriteString(err.Error())
		}
	}
	if said.WriteString(j.take()); said.Len() < 500 {
		t.Fatalf("not much was said: %s", &said)
	}
	holdsNoKey(t, said.String(), [][]byte{key})
}
