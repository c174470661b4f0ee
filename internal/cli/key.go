package cli

import (
	"tallystick/internal/query"
	"tallystick/internal/stick"
)

// parseKey is query.ParseKey with the answer for what is no key. word says where it stood.
func parseKey(s string, schema *stick.Schema, word int) ([]byte, error) {
	key, err := query.ParseKey(s, schema)
	if err != nil {
		return nil, refuse("Invalid key '%s' (word %d): %s", oneWord(s), word, err)
	}
	return key, nil
}
