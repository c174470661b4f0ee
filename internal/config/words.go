package config

// The words of the configuration, by the number of the constant that each stands for.
var (
	levelWords    = [...]string{LevelUser: "user", LevelOperator: "operator", LevelAdmin: "admin"}
	verifyWords   = [...]string{VerifyNone: "none", VerifyOptional: "optional", VerifyRequired: "required"}
	formatWords   = [...]string{LogText: "text", LogJSON: "json", LogLogfmt: "logfmt"}
	logLevelWords = [...]string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}
)
