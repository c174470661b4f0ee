package lint

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// TestEveryRuleIsExplained holds doc/lint.md against the list of rules: one chapter each, and no other.
func TestEveryRuleIsExplained(t *testing.T) {
	text, err := os.ReadFile("../../doc/lint.md")
	if err != nil {
		t.Fatal(err)
	}
	var explained, rules []string
	for _, m := range regexp.MustCompile(`(?m)^## (.*)\n\n[A-Z\x60]`).FindAllStringSubmatch(string(text), -1) {
		explained = append(explained, m[1])
	}
	slices.Sort(explained)
	for _, r := range Rules() {
		rules = append(rules, r.Name)
		if r.About == "" {
			t.Errorf("the rule %s is about something", r.Name)
		}
	}
	if !slices.IsSorted(rules) {
		t.Errorf("rules are listed by name: %q", rules)
	}
	if !slices.Equal(explained, rules) {
		t.Errorf("doc/lint.md explains %q, the rules are %q", explained, rules)
	}
}
