package config

// The words of the configuration, by the number of the constant that each stands for.
var (
	levelWords    = [...]string{LevelUser: "user", LevelOperator: "operator", LevelAdmin: "admin"}
	verifyWords   = [...]string{VerifyNone: "none", VerifyOptional: "optional", VerifyRequired: "required"}
	formatWords   = [...]string{LogText: "text", LogJSON: "json", LogLogfmt: "logfmt"}
	logLevelWords = [...]string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}
)

// Level is what a client of the runtime CLI may do.
type Level uint8

// The levels, each of which may do what the ones before may.
const (
	LevelUser Level = iota
	LevelOperator
	LevelAdmin
)

// String is the word of the configuration.
func (l Level) String() string { return levelWords[l] }

// Verify is how much of a peer's certificate is checked.
type Verify uint8

// The ways to verify.
const (
	VerifyNone     Verify = iota // not at all
	VerifyOptional               // if the peer shows one
	VerifyRequired               // there must be one, and it must be good
)

// String is the word of the configuration.
func (v Verify) String() string { return verifyWords[v] }

// LogTarget is a kind of place for log lines.
type LogTarget uint8

// The places for log lines.
const (
	LogStderr LogTarget = iota
	LogStdout
	LogFile   // a path: a file to append to, or a syslog socket if one is found there
	LogSyslog // unix@path: a syslog socket, surely
)

// LogFormat is how a log line looks.
type LogFormat uint8

// The formats of log lines.
const (
	LogText LogFormat = iota
	LogJSON
	LogLogfmt
)

// String is the word of the configuration.
func (f LogFormat) String() string { return formatWords[f] }

// LogLevel is how much a log line matters, with syslog's numbers: the smaller the worse.
type LogLevel uint8

// The levels of log lines, as HAProxy's log line has them.
const (
	LogEmerg LogLevel = iota
	LogAlert
	LogCrit
	LogErr
	LogWarning
	LogNotice
	LogInfo // the default
	LogDebug
)

// String is the word of the configuration.
func (l LogLevel) String() string { return logLevelWords[l] }
