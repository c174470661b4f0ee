package secure

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"

	"tallystick/internal/secure/securetest"
)

// F-36, I9: the certificate is exchanged again and again, the authority with it, while
// sessions live. New ones get the new files; of the old ones not one is lost.
func TestRotationUnderLiveSessions(t *testing.T) {
	ca := securetest.New(t)
	us := Line{Crt: ca.Leaf(securetest.Leaf{Names: []string{"first"}}), CAFile: ca.File(), Verify: Required}
	s, _ := newStore(t, us)
	run(t, s)
	addr := serve(t, func(nc net.Conn) { tc := tls.Server(nc, s.Server(us)); io.Copy(tc, tc) })
	call := func() *tls.Conn { return tls.Client(dial(t, addr), s.Client(us, "127.0.0.1", "")) }

	var sessions sync.WaitGroup
	var lost, answers atomic.Int64
	var stop atomic.Bool
	for range 10 {
		tc := call()
		sessions.Go(func() {
			defer tc.Close()
			for b := make([]byte, 1); !stop.Load(); answers.Add(1) {
				if _, err := tc.Write([]byte{'?'}); err != nil {
					lost.Add(1)
					return
				}
				if _, err := io.ReadFull(tc, b); err != nil {
					lost.Add(1)
					return
				}
			}
		})
	}
	for i := range 3 {
		// Another authority each time: what is old is worth nothing in a new handshake.
		ca, name := securetest.New(t), fmt.Sprint("rotated", i)
		securetest.Write(t, us.CAFile, ca.Root())
		securetest.Write(t, us.Crt, ca.Bundle(securetest.Leaf{Names: []string{name}}))
		eventually(t, "a new session sees "+name, func() bool {
			tc := call()
			defer tc.Close()
			if _, err := tc.Write([]byte{'?'}); err != nil { // between the two files
				return false
			}
			_, err := io.ReadFull(tc, make([]byte, 1))
			return err == nil && describe(tc.ConnectionState().PeerCertificates[0]) == name
		})
	}
	before := answers.Load()
	eventually(t, "all go on", func() bool { return answers.Load() > before+100 })
	stop.Store(true)
	sessions.Wait()
	if lost.Load() != 0 {
		t.Errorf("%d of 10 sessions were lost", lost.Load())
	}
}

// swapped is a way in which others put a new certificate where a path leads to.
type swapped struct {
	name string
	make func(t *testing.T, dir string, put func(path, name string)) (path string, swap func())
}

// Each is what a tool does: none writes into the file that we have read.
var swaps = []swapped{
	{"a new file over the old one", func(t *testing.T, dir string, put func(path, name string)) (string, func()) {
		path := dir + "/us.pem"
		put(path, "old")
		return path, func() { put(path, "new") }
	}},
	{"Kubernetes: the link of the folder", func(t *testing.T, dir string, put func(path, name string)) (string, func()) {
		mkdir(t, dir+"/..1")
		put(dir+"/..1/us.pem", "old")
		link(t, "..1", dir+"/..data")
		link(t, "..data/us.pem", dir+"/us.pem")
		return dir + "/us.pem", func() {
			mkdir(t, dir+"/..2")
			put(dir+"/..2/us.pem", "new")
			link(t, "..2", dir+"/..data")
			os.RemoveAll(dir + "/..1")
		}
	}},
	{"certbot: a link in another folder", func(t *testing.T, dir string, put func(path, name string)) (string, func()) {
		mkdir(t, dir+"/archive")
		mkdir(t, dir+"/live")
		mkdir(t, dir+"/etc")
		put(dir+"/archive/us1.pem", "old")
		link(t, "../archive/us1.pem", dir+"/live/us.pem")
		link(t, dir+"/live/us.pem", dir+"/etc/us.pem")
		return dir + "/etc/us.pem", func() {
			put(dir+"/archive/us2.pem", "new")
			link(t, "../archive/us2.pem", dir+"/live/us.pem")
		}
	}},
	{"the folder is exchanged", func(t *testing.T, dir string, put func(path, name string)) (string, func()) {
		mkdir(t, dir+"/tls")
		put(dir+"/tls/us.pem", "old")
		return dir + "/tls/us.pem", func() {
			mkdir(t, dir+"/next")
			put(dir+"/next/us.pem", "new")
			rename(t, dir+"/tls", dir+"/last")
			rename(t, dir+"/next", dir+"/tls")
		}
	}},
	{"deleted, and made anew", func(t *testing.T, dir string, put func(path, name string)) (string, func()) {
		path := dir + "/us.pem"
		put(path, "old")
		return path, func() { os.Remove(path); put(path, "new") }
	}},
}

// Watching finds every way, twice: the second time by what is there after the first.
func TestSwaps(t *testing.T) {
	for _, w := range swaps {
		t.Run(w.name, func(t *testing.T) {
			ca := securetest.New(t)
			path, swap := w.make(t, t.TempDir(), func(path, name string) {
				securetest.Write(t, path, ca.Bundle(securetest.Leaf{Names: []string{name}}))
			})
			us := Line{Crt: path}
			s, j := newStore(t, us)
			defer run(t, s)()
			if got := describe(shown(t, s, us)); got != "old" {
				t.Fatal(got)
			}
			swap()
			eventually(t, "the new one is in use", func() bool { return describe(shown(t, s, us)) == "new" })
			final := must(filepath.EvalSymlinks(path))
			securetest.Write(t, final, ca.Bundle(securetest.Leaf{Names: []string{"newest"}}))
			eventually(t, "the newest one is in use", func() bool { return describe(shown(t, s, us)) == "newest" })
			if log := j.take(); strings.Contains(log, "ERROR") || strings.Count(log, "read anew") != 2 {
				t.Errorf("there was nothing wrong with the files: %s", log)
			}
		})
	}
}

// Who writes certificate and key one after the other is not complained of in between, and
// what a neighbour of our files does is nobody's business.
func TestQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := securetest.New(t)
		us := Line{Crt: t.TempDir() + "/us.pem"}
		cert, _, key := ca.Issue(securetest.Leaf{Names: []string{"old"}})
		securetest.Write(t, us.Crt, cert)
		securetest.Write(t, us.Crt+".key", key)
		s, j := newStore(t, us)
		ctx, cancel := context.WithCancel(t.Context())
		events, lost, done := make(chan fsnotify.Event), make(chan error), make(chan struct{})
		w := &watcher{events: events, errors: lost, places: map[string]bool{us.Crt: true, us.Crt + ".key": true}}
		go func() { defer close(done); s.loop(ctx, w) }()
		after := func(d time.Duration) string { time.Sleep(d); synctest.Wait(); return j.take() }
		after(0) // it has looked once

		cert, _, key = ca.Issue(securetest.Leaf{Names: []string{"new"}})
		securetest.Write(t, us.Crt, cert)
		events <- fsnotify.Event{Name: us.Crt}
		expect(t, after(quietTime-1), "", "the key may still come")
		securetest.Write(t, us.Crt+".key", key)
		events <- fsnotify.Event{Name: us.Crt + ".key"}
		expect(t, after(quietTime-1), "", "and something else behind it")
		expect(t, after(1), "for=new", "nothing more came")

		securetest.Write(t, us.Crt, cert)
		securetest.Write(t, us.Crt+".key", nil)
		events <- fsnotify.Event{Name: us.Crt + ".log"}
		expect(t, after(time.Second), "", "a file that is none of ours")
		lost <- fsnotify.ErrEventOverflow
		expect(t, after(quietTime), "certificate file is bad", "whatever was among the events that were lost")
		close(events)
		close(lost)
		after(lookTime)
		securetest.Write(t, us.Crt+".key", key)
		expect(t, after(lookTime), "for=new", "the clock is left when nobody tells us any more")
		cancel()
		<-done
	})
}

// Load names other files while Run is under way: those are watched from then on.
func TestLoadMovesTheWatch(t *testing.T) {
	ca := securetest.New(t)
	old := Line{Crt: ca.Leaf(securetest.Leaf{})}
	us := Line{Crt: t.TempDir() + "/us.pem"}
	securetest.Write(t, us.Crt, ca.Bundle(securetest.Leaf{Names: []string{"first"}}))
	s, _ := newStore(t, old)
	run(t, s)
	securetest.Write(t, old.Crt, ca.Bundle(securetest.Leaf{Names: []string{"seen"}}))
	eventually(t, "the old file is watched", func() bool { return describe(shown(t, s, old)) == "seen" })
	if err := s.Load([]Line{us}); err != nil {
		t.Fatal(err)
	}
	// Run may still read what Load has read; only what comes behind that is an event.
	n := 0
	eventually(t, "a change of the new file is seen", func() bool {
		n++
		if n%50 == 1 {
			securetest.Write(t, us.Crt, ca.Bundle(securetest.Leaf{Names: []string{fmt.Sprint("second", n)}}))
		}
		return strings.HasPrefix(describe(shown(t, s, us)), "second")
	})
}

// follow watches what it must, and no more.
func TestFollow(t *testing.T) {
	fs := must(fsnotify.NewWatcher())
	defer fs.Close()
	w := &watcher{fs: fs}
	a, b := must(filepath.EvalSymlinks(t.TempDir())), must(filepath.EvalSymlinks(t.TempDir()))
	for _, c := range []struct{ files, want []string }{
		{[]string{a + "/1", a + "/2"}, []string{a}},
		{[]string{a + "/1", b + "/1"}, []string{a, b}},
		{[]string{b + "/1", b + "/gone/1"}, []string{b}},
		{nil, nil},
	} {
		w.follow(c.files)
		got := fs.WatchList()
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q", c.files, got)
		}
		for _, f := range c.files {
			if !w.concerns(f) || !w.concerns(filepath.Dir(f)) || w.concerns(f+"~") {
				t.Errorf("%q concerns us, and its folder", f)
			}
		}
	}
}

func TestPlaces(t *testing.T) {
	dir := must(filepath.EvalSymlinks(t.TempDir()))
	mkdir(t, dir+"/..1")
	link(t, "..1", dir+"/..data")
	link(t, "..data/us.pem", dir+"/us.pem")
	link(t, dir+"/./a/../us.pem", dir+"/far")
	link(t, "round2", dir+"/round1")
	link(t, "round1", dir+"/round2")
	for path, want := range map[string][]string{
		"/plain/file": {"/plain/file"},
		"us.pem":      {"/us.pem", "/..data", "/..1/us.pem"},
		"far":         {"/far", "/us.pem", "/..data", "/..1/us.pem"},
		"no/such":     {"/no/such"},
	} {
		for i := range want {
			if !filepath.IsAbs(path) {
				want[i] = dir + want[i]
			}
		}
		if !filepath.IsAbs(path) {
			path = dir + "/" + path
		}
		if got := places(path); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if got := places(dir + "/round1"); len(got) != maxLinks+1 {
		t.Errorf("a circle ends after %d links", len(got))
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// link makes path a symlink to target, in one step if it was one.
func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path+"~"); err != nil {
		t.Fatal(err)
	}
	rename(t, path+"~", path)
}
