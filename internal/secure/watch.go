package secure

import (
	"context"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// quietTime is how long nothing may happen to the files before they are read: certificate
	// and key are often written one after the other.
	quietTime = 100 * time.Millisecond
	// lookTime is how often they are read though nothing was seen: a network file system
	// tells us nothing, nor is there a word when a folder further up is exchanged.
	lookTime = time.Minute
)

// Run watches the files and warns of certificates that end, until ctx ends. What it reads
// is in use for the next handshake; Reread says what becomes of a file that is bad.
func (s *Store) Run(ctx context.Context) {
	w := &watcher{}
	if fs, err := fsnotify.NewWatcher(); err != nil { // out of inotify instances, most likely
		s.log.Warn("certificate files cannot be watched: they are read once a minute", "err", err)
	} else {
		defer fs.Close() // which waits for its goroutine
		w.fs, w.events, w.errors = fs, fs.Events, fs.Errors
	}
	s.loop(ctx, w)
}

// loop is Run with a watcher, which may have nothing to say.
func (s *Store) loop(ctx context.Context, w *watcher) {
	look := time.NewTicker(lookTime)
	defer look.Stop()
	quiet := time.NewTimer(0) // at once: what has happened between Load and now
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-w.events:
			if !ok { // nobody but Run closes it, and a nil channel is silent for ever
				w.events = nil
			} else if w.concerns(e.Name) {
				quiet.Reset(quietTime)
			}
			continue
		case _, ok := <-w.errors: // events were lost: there were too many
			if !ok {
				w.errors = nil
			}
			quiet.Reset(quietTime)
			continue
		case <-s.loaded:
		case <-quiet.C:
		case <-look.C:
		}
		w.follow(s.files()) // first: what changes behind our reading is then an event
		s.Reread()
		s.warn(time.Now())
	}
}

// files lists the paths that are worth watching.
func (s *Store) files() (all []string) {
	for n := range *s.now.Load() {
		all = append(all, n.file)
		if !n.ca {
			all = append(all, n.file+keySuffix) // which may appear
		}
	}
	return all
}

// watcher knows which changes of the file system are changes of our files. Only loop
// touches it. Its zero value watches nothing.
type watcher struct {
	fs     *fsnotify.Watcher
	events <-chan fsnotify.Event
	errors <-chan error
	places map[string]bool // files and symlinks that decide what our paths mean, and their folders
}

// concerns reports whether a change at path may be one of our files.
func (w *watcher) concerns(path string) bool { return w.places[path] }

// follow watches the folders of files, and those of every symlink on the way to them: a
// file that is watched itself is lost when it is replaced, and Kubernetes replaces no file
// but a link in the folder above. A folder that cannot be watched is tried again at the
// next look.
func (w *watcher) follow(files []string) {
	if w.fs == nil {
		return
	}
	w.places = map[string]bool{}
	wanted := map[string]bool{}
	for _, f := range files {
		for _, p := range places(f) {
			folder := filepath.Dir(p)
			w.places[p], w.places[folder], wanted[folder] = true, true, true
		}
	}
	for _, folder := range w.fs.WatchList() { // not those that are gone: it forgets them
		if !wanted[folder] {
			w.fs.Remove(folder)
		}
		delete(wanted, folder)
	}
	for folder := range wanted {
		w.fs.Add(folder)
	}
}
