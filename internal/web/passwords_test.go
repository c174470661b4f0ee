package web

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

func (*rig) discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestPasswordFiles: what is no good is refused with its line.
func TestPasswordFiles(t *testing.T) {
	good, _ := bcrypt.GenerateFromPassword([]byte("x"), bcrypt.MinCost)
	for _, c := range []struct{ why, text, want string }{
		{"a user", "ada:" + string(good) + "\n", ""},
		{"comments and empty lines", "# who\n\n  \nada:" + string(good), ""},
		{"nobody", "# who\n", " there is no user in it, so nobody would be let in"},
		{"MD5, as htpasswd writes it if it is not told otherwise", "ada:" + string(good) + "\nbob:$apr1$6SLWUV4J$HVoZBZeqRgDzTyShDmkwq0\n", "2: the password of user 'bob' is no bcrypt hash: write it anew with 'htpasswd -B'"},
		{"SHA-1", "ada:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n", "1: the password of user 'ada' is no bcrypt hash: write it anew with 'htpasswd -B'"},
		{"the password itself", "ada:secret\n", "1: the password of user 'ada' is no bcrypt hash: write it anew with 'htpasswd -B'"},
		{"no user", ":" + string(good), "1: not of the form user:hash; 'htpasswd -B' writes such lines"},
		{"no hash", "ada\n", "1: not of the form user:hash; 'htpasswd -B' writes such lines"},
		{"twice", "ada:" + string(good) + "\nada:" + string(good), "2: user 'ada' is there already"},
		{"a hash that takes minutes", "ada:$2y$31$" + strings.Repeat("a", 53), "1: the hash of user 'ada' has a cost of 31, which takes seconds for each password: at most 14"},
	} {
		_, _, err := parsePasswords([]byte(c.text))
		if got := strings.TrimSuffix(errText(err), "\n"); got != c.want {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
		if strings.Contains(errText(err), "secret") {
			t.Errorf("%s: the error has a password", c.why)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestPasswordsAreReread: a file that has changed counts without a reload, one that is bad does not.
func TestPasswordsAreReread(t *testing.T) {
	file := filepath.Join(t.TempDir(), "htpasswd")
	writePasswords(t, file, "ada:secret")
	log := &lockedBuffer{}
	p, err := ReadPasswords(file, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	now := noon
	check := func(why, user, password string, want verdict) {
		t.Helper()
		now = now.Add(2 * lookTime)
		if got := p.check(now, user, password, "192.0.2.1"); got != want {
			t.Errorf("%s: %s gets %d, want %d", why, user, got, want)
		}
	}
	check("at first", "ada", "secret", right)
	later := func(write func()) { // so that the file's time is another, however coarse the clock
		write()
		at := time.Now().Add(time.Duration(now.Unix()%1000) * time.Second)
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	later(func() { writePasswords(t, file, "bob:other") })
	check("the new user comes in", "bob", "other", right)
	check("the old one does not, though we had remembered", "ada", "secret", wrong)
	later(func() { os.WriteFile(file, []byte("bob:plain\n"), 0o600) })
	check("a bad file changes nothing", "bob", "other", right)
	check("nor does it when it is looked at again", "bob", "other", right)
	if n := strings.Count(log.String(), "file of passwords is bad"); n != 1 {
		t.Errorf("that is told once, not %d times:\n%s", n, log)
	}
	os.Remove(file)
	check("nor one that is gone", "bob", "other", right)
}

// TestRightPasswordsAreRemembered: bcrypt is paid once, for a minute.
func TestRightPasswordsAreRemembered(t *testing.T) {
	p := passwords(t, "ada:secret")
	p.check(noon, "ada", "secret", "a")
	hash := p.users["ada"]
	p.users["ada"] = []byte("no hash") // whoever looked at it again would see
	if got := p.check(noon.Add(rememberTime-time.Second), "ada", "secret", "a"); got != right {
		t.Errorf("it was right a moment ago: %d", got)
	}
	if got := p.check(noon.Add(rememberTime+time.Second), "ada", "secret", "a"); got != wrong {
		t.Errorf("after a minute it is looked at again: %d", got)
	}
	p.users["ada"] = hash
	for i := range 2 * remembered {
		p.known[[32]byte{byte(i), byte(i >> 8)}] = noon.Add(time.Hour)
	}
	p.check(noon.Add(3*time.Minute), "ada", "secret", "a")
	if len(p.known) > remembered {
		t.Errorf("%d are remembered, want %d at most", len(p.known), remembered)
	}
}
