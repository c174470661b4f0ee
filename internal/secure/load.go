package secure

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"slices"
)

// Load reads the files of these lines, and from then on those are the files of the store.
// If one is bad nothing has changed, and the error has an *Error for each that is. A file
// that we have read before and are not permitted to read any more is not bad: it stays as
// it is, with a complaint in the log. Else nothing could be loaded for a second time once
// the rights of root are gone, which is when most keys are out of reach.
func (s *Store) Load(lines []Line) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, next := *s.now.Load(), map[named]*held{}
	var bad []error
	for _, n := range namedBy(lines) {
		h, err := read(n)
		switch {
		case err == nil:
			next[n] = h
		case errors.Is(err, fs.ErrPermission) && old[n] != nil:
			next[n] = s.keep(n, old[n], err)
		default:
			bad = append(bad, err)
		}
	}
	for _, l := range lines {
		if l.Verify != None && l.CAFile == "" { // crypto/tls would trust the authorities of the whole web
			bad = append(bad, errors.New("verify without a file of authorities: add 'ca-file FILE'"))
		}
	}
	if bad != nil {
		return errors.Join(bad...)
	}
	s.use(next)
	select {
	case s.loaded <- struct{}{}:
	default: // Run has not taken the last one yet, or there is no Run
	}
	return nil
}

// namedBy lists the files of lines, each once, in an order of its own.
func namedBy(lines []Line) []named {
	all := map[named]bool{}
	for _, l := range lines {
		all[named{l.Crt, false}], all[named{l.CAFile, true}] = true, true
	}
	delete(all, named{"", false})
	delete(all, named{"", true})
	return sorted(all)
}

// sorted makes what is logged the same at each start.
func sorted[V any](m map[named]V) []named {
	return slices.SortedFunc(maps.Keys(m), func(a, b named) int {
		return cmp.Or(cmp.Compare(role(a), role(b)), cmp.Compare(a.file, b.file))
	})
}

// role is the word of the configuration that names the file.
func role(n named) string {
	if n.ca {
		return "ca-file"
	}
	return "crt"
}

// Reread reads the same files again, for SIGHUP and whenever one seems to have changed. A
// file that is bad now keeps its old content; that is logged once, until it is bad in
// another way or good again.
func (s *Store) Reread() {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := maps.Clone(*s.now.Load())
	for _, n := range sorted(next) {
		h, err := read(n)
		if err != nil {
			h = s.keep(n, next[n], err)
		}
		next[n] = h
	}
	s.use(next)
}

// keep complains about a file that cannot be read anew and returns its old content. s.mu
// is held.
func (s *Store) keep(n named, old *held, err error) *held {
	if s.bad[n] != err.Error() {
		s.bad[n] = err.Error()
		s.log.Error("certificate file is bad: what was read from it before stays in use", "why", err, "ends", old.certs[0].NotAfter)
	}
	return old
}

// use makes next what is in use and says what is new in it. s.mu is held.
func (s *Store) use(next map[named]*held) {
	old := *s.now.Load()
	s.now.Store(&next)
	for _, n := range sorted(next) {
		h := next[n]
		if old[n] == h { // kept: not read anew
			continue
		}
		if old[n] != nil && (old[n].sum != h.sum || s.bad[n] != "") {
			s.log.Info("certificate file was read anew: sessions that begin from now on use it",
				role(n), n.file, "for", describe(h.certs[0]), "ends", h.certs[0].NotAfter)
		}
		delete(s.bad, n)
		if h.loose != "" && !s.loose[h.loose] {
			s.loose[h.loose] = true
			s.log.Warn("private key can be read by others than its owner: chmod 600, or 400", "file", h.loose)
		}
	}
	maps.DeleteFunc(s.bad, func(n named, _ string) bool { return next[n] == nil })
}
