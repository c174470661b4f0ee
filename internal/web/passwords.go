package web

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/time/rate"
)

const (
	// rememberTime is for how long a password that was right is known to be so: bcrypt takes a tenth of a
	// second of a processor, on purpose, and a page asks for dozens of things.
	rememberTime = time.Minute
	remembered   = 256 // of them at once
	lookTime     = time.Second
	maxPasswords = 1 << 20 // bytes of the file
	// A source may be wrong wrongBurst times, and then once in wrongEvery. So it costs us little.
	wrongEvery = 2 * time.Second
	wrongBurst = 10
	sources    = 1024 // that are told apart; beyond they share one limit
	maxCost    = 14   // of bcrypt: a second and a half of a processor
)

// Passwords is an htpasswd file. Safe for concurrent use.
type Passwords struct {
	file string
	log  *slog.Logger
	salt []byte // of what is remembered: passwords are in no memory of ours

	mu      sync.Mutex
	users   map[string][]byte // bcrypt hashes
	nobody  []byte            // the hash that is looked at for users that there are not: it takes as long
	known   map[[sha256.Size]byte]time.Time
	wrong   map[string]*rate.Limiter // by source
	others  *rate.Limiter
	size    int64 // of the file as it was read, to tell whether it is another
	changed time.Time
	looked  time.Time
	bad     string // what was last said of a file that is bad now

	hashing sync.Mutex // held while bcrypt is at work: strangers cost us one processor at most
}

// ReadPasswords reads an htpasswd file, of which every line is "user:hash", the hash bcrypt's as of
// "htpasswd -B", or a comment behind '#'. Other hashes are refused: they can be guessed by the billion.
// The error names the line. The file is read again when it has changed; one that is bad then changes
// nothing, which the log hears once.
func ReadPasswords(file string, log *slog.Logger) (*Passwords, error) {
	p := &Passwords{file: file, log: log, salt: make([]byte, 32), wrong: map[string]*rate.Limiter{},
		others: rate.NewLimiter(rate.Every(wrongEvery), wrongBurst)}
	_, _ = rand.Read(p.salt) // never fails
	if err := p.read(); err != nil {
		return nil, err
	}
	return p, nil
}

// read reads the file anew. p.mu is held, or nobody else has p yet.
func (p *Passwords) read() error {
	f, err := os.Open(p.file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxPasswords+1))
	if err != nil {
		return err
	}
	if len(text) > maxPasswords {
		return fmt.Errorf("%s: larger than %d KiB", p.file, maxPasswords>>10)
	}
	users, costly, err := parsePasswords(text)
	if err != nil {
		return fmt.Errorf("%s:%w", p.file, err)
	}
	p.users, p.nobody, p.known = users, costly, map[[sha256.Size]byte]time.Time{}
	p.size, p.changed = info.Size(), info.ModTime()
	if info.Mode().Perm()&0o004 != 0 {
		p.log.Warn("the file of passwords can be read by everybody: chmod 640", "file", p.file)
	}
	return nil
}

// parsePasswords reads the lines of an htpasswd file. costly is one of the hashes that take longest.
func parsePasswords(text []byte) (users map[string][]byte, costly []byte, err error) {
	users = map[string][]byte{}
	most := 0
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, hash, ok := strings.Cut(line, ":")
		if !ok || name == "" {
			return nil, nil, fmt.Errorf("%d: not of the form user:hash; 'htpasswd -B' writes such lines", n)
		}
		cost, err := bcrypt.Cost([]byte(hash))
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("%d: the password of user '%s' is no bcrypt hash: write it anew with 'htpasswd -B'", n, name)
		case cost > maxCost:
			return nil, nil, fmt.Errorf("%d: the hash of user '%s' has a cost of %d, which takes seconds for each password: at most %d", n, name, cost, maxCost)
		case users[name] != nil:
			return nil, nil, fmt.Errorf("%d: user '%s' is there already", n, name)
		}
		users[name] = []byte(hash)
		if cost > most {
			costly, most = users[name], cost
		}
	}
	if err := lines.Err(); err != nil {
		return nil, nil, fmt.Errorf(" %w", err)
	}
	if len(users) == 0 {
		return nil, nil, errors.New(" there is no user in it, so nobody would be let in")
	}
	return users, costly, nil
}

// Reread reads the file again if it has changed.
func (p *Passwords) Reread() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.look()
}

// look is Reread; p.mu is held.
func (p *Passwords) look() {
	info, err := os.Stat(p.file)
	if err == nil && info.Size() == p.size && info.ModTime().Equal(p.changed) {
		p.bad = ""
		return
	}
	if err == nil {
		err = p.read()
	}
	if err != nil {
		if p.bad != err.Error() { // or it would be told once a second
			p.bad = err.Error()
			p.log.Error("file of passwords is bad: what was read from it before stays in use", "why", err)
		}
		return
	}
	p.bad = ""
	p.log.Info("file of passwords was read anew", "file", p.file, "users", len(p.users))
}

// verdict is what becomes of a password.
type verdict uint8

const (
	missing verdict = iota // none was given
	wrong
	limited // it was not looked at
	right
)

// check looks at a password that comes from source. It takes the same time for a user that there is
// not, and for wrong passwords of whatever length.
func (p *Passwords) check(now time.Time, user, password, source string) verdict {
	mac := hmac.New(sha256.New, p.salt)
	fmt.Fprintf(mac, "%d:%s%s", len(user), user, password)
	sum := [sha256.Size]byte(mac.Sum(nil))
	if p.remembers(now, sum) {
		return right
	}
	// One by one, and who has waited looks again: the first requests of a page all come at once.
	p.hashing.Lock()
	defer p.hashing.Unlock()
	if p.remembers(now, sum) {
		return right
	}
	p.mu.Lock()
	hash, there := p.users[user]
	if !there {
		hash = p.nobody
	}
	limit := p.limit(now, source)
	p.mu.Unlock()
	if limit.TokensAt(now) < 1 {
		return limited
	}
	// bcrypt reads 72 bytes and refuses more; so do we, behind the same work.
	tooLong := len(password) > 72
	err := bcrypt.CompareHashAndPassword(hash, []byte(password[:min(len(password), 72)]))
	if err != nil || !there || tooLong {
		limit.AllowN(now, 1)
		return wrong
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) >= remembered {
		clear(p.known)
	}
	if string(p.users[user]) == string(hash) { // the file may be another by now
		p.known[sum] = now.Add(rememberTime)
	}
	return right
}

// remembers reports whether a password was right a moment ago, and looks after the file now and then.
func (p *Passwords) remembers(now time.Time, sum [sha256.Size]byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.looked) >= lookTime {
		p.looked = now
		p.look()
	}
	until, ok := p.known[sum]
	return ok && now.Before(until)
}

// limit is how many wrong passwords a source may give. p.mu is held.
func (p *Passwords) limit(now time.Time, source string) *rate.Limiter {
	if l := p.wrong[source]; l != nil {
		return l
	}
	if len(p.wrong) >= sources { // those that have been silent since long are forgotten
		maps.DeleteFunc(p.wrong, func(_ string, l *rate.Limiter) bool { return l.TokensAt(now) >= wrongBurst })
	}
	if len(p.wrong) >= sources {
		return p.others
	}
	l := rate.NewLimiter(rate.Every(wrongEvery), wrongBurst)
	p.wrong[source] = l
	return l
}
