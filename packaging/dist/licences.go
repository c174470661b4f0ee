package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// copyright is the file that a package must have: our licence, and those of all parts, which
// want to be told to whoever gets the program. A part without one is an error.
func (r *release) copyright(parts []part) ([]byte, error) {
	ours, err := os.ReadFile(filepath.Join(r.root, "LICENSE"))
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "tallystick\n\n%s\nThe program contains the following as well.\n", ours)
	for _, p := range parts {
		dir, err := r.dirOf(p)
		if err != nil {
			return nil, err
		}
		texts, err := licencesIn(dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.path, err)
		}
		fmt.Fprintf(&b, "\n%s\n%s %s\n\n%s\n", strings.Repeat("-", 80), p.path, p.version, strings.Join(texts, "\n"))
	}
	return []byte(b.String()), nil
}

// dirOf is where the sources of a part are.
func (r *release) dirOf(p part) (string, error) {
	if p.path == "std" {
		out, err := exec.Command("go", "env", "GOROOT").Output()
		return strings.TrimSpace(string(out)), err
	}
	cmd := exec.Command("go", "mod", "download", "-json", p.path+"@"+p.version)
	cmd.Dir = r.root
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", p.path, err)
	}
	var m struct{ Dir string }
	err = json.Unmarshal(out, &m)
	return m.Dir, err
}

// licencesIn reads the files in which modules have their licences and notices.
func licencesIn(dir string) (texts []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.HasPrefix(name, "LICEN") && !strings.HasPrefix(name, "COPYING") && !strings.HasPrefix(name, "NOTICE") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(text))
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("no licence in %s", dir)
	}
	return texts, nil
}
