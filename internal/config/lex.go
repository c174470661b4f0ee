package config

import "tallystick/internal/words"

// Lookup finds a variable of the environment, as os.LookupEnv does.
type Lookup = words.Lookup

// lex cuts a whole file into statements. Lines are continued by a backslash, as hapee-stktagg has it.
func lex(file, src string, env Lookup) (all []statement, errs []Error) {
	l := words.New(file, src, env)
	l.Join = true
	for st, ok := l.Next(); ok; st, ok = l.Next() {
		own := statement{broken: st.Broken}
		for _, w := range st.Words {
			own.words = append(own.words, word{text: w.Text, pos: w.Pos, plain: w.Plain, unset: w.Unset})
		}
		all = append(all, own)
	}
	for _, f := range l.Faults() {
		e := Error{Pos: f.Pos, Msg: f.Msg}
		if f.Warning {
			e.Severity = Warning
		}
		errs = append(errs, e)
	}
	return all, errs
}
