package cli

import "strconv"

// maxLine is the longest line of commands, its end included: HAProxy's default buffer.
const maxLine = 16 << 10

// splitLine cuts a line, without its end, into commands at each ";" and these into words
// at blanks. A backslash takes the meaning from the character behind it, as in HAProxy,
// which knows no quotes here. But \xNN is the byte of that value, where HAProxy has the
// letter x: so a key can be given as we print it.
//
// A command may have no words: it is answered by an empty line.
func splitLine(line []byte) [][]string {
	var (
		commands [][]string
		words    []string
		word     []byte
		inWord   bool
	)
	endWord := func() {
		if inWord {
			words = append(words, string(word))
		}
		word, inWord = word[:0], false
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case ' ', '\t':
			endWord()
		case ';':
			endWord()
			commands, words = append(commands, words), nil
		case '\\':
			var n int
			c, n = unescape(line[i+1:])
			i += n
			word, inWord = append(word, c), true
		default:
			word, inWord = append(word, c), true
		}
	}
	endWord()
	return append(commands, words)
}

// unescape gives the character that is meant by what follows a backslash, and how many
// bytes that takes. At the end of the line a backslash is itself.
func unescape(s []byte) (c byte, n int) {
	if len(s) == 0 {
		return '\\', 0
	}
	if len(s) >= 3 && s[0] == 'x' {
		if v, err := strconv.ParseUint(string(s[1:3]), 16, 8); err == nil {
			return byte(v), 3
		}
	}
	return s[0], 1
}
