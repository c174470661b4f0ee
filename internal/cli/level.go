package cli

// Level is what a client may do. A listener gives its clients one; they can lower it.
type Level uint8

// The levels, each of which may do what the ones before may.
const (
	LevelUser     Level = iota // look
	LevelOperator              // and keep peers away, reload, set the log level
	LevelAdmin                 // and change tables
)

// String is the word of the configuration and of "show cli level".
func (l Level) String() string { return [...]string{"user", "operator", "admin"}[l] }

// lowerTo makes the command that lowers the level of the session; as in HAProxy the way
// back up is a new connection.
func lowerTo(l Level) func(*request) error {
	return func(r *request) error {
		if r.client.level < l {
			return errDenied
		}
		r.client.level = l
		return nil
	}
}

func showLevel(r *request) error {
	r.printf("%s\n", r.client.level)
	return nil
}
