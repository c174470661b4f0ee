package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"tallystick/internal/config"
	"tallystick/internal/fleet"
	"tallystick/internal/haproxycfg"
)

// many is an option that may be given more than once.
type many []string

// String implements flag.Value.
func (m *many) String() string { return strings.Join(*m, " ") }

// Set implements flag.Value.
func (m *many) Set(s string) error {
	*m = append(*m, s)
	return nil
}

// runCheck holds configurations of nodes and ours against each other: 0 if there is no error, 1 if there is, 2 for a
// mistake of usage.
func runCheck(args []string, stdout, stderr io.Writer) int {
	f := newFlags("check", "check -node [NAME=]FILE... [-f FILE]... [OPTION]...", stderr)
	var nodes, files many
	f.Var(&nodes, "node", "[NAME=]FILE: configuration of a node, or a folder of *.cfg; NAME is as HAProxy's -L; once for each node")
	f.Var(&files, "f", "the aggregator's configuration, or a folder of *.cfg; may be repeated (default "+defaultFile+")")
	strict := f.Bool("strict", false, "warnings fail as well")
	asJSON := f.Bool("json", false, "print one JSON object")
	haproxy := f.String("haproxy", "", "the nodes' version, such as 3.2, where something depends on it")
	rules := f.Bool("rules", false, "list what is looked for, and end")
	if code, ok := parseFlags(f, args, stdout); !ok {
		return code
	}
	if *rules {
		for _, r := range fleet.Rules() {
			printRow(stdout, r.Name, r.Meaning)
		}
		return exitGood
	}
	version, err := versionOption(*haproxy)
	if err == nil && (len(nodes) == 0 || f.NArg() > 0) {
		err = errors.New("each node's configuration is an option: tallystick check -node lb1.cfg -node lb2.cfg -f tallystick.cfg")
	}
	if err != nil {
		fmt.Fprintf(stderr, "tallystick check: %v\n", err)
		return exitUsage
	}
	if len(files) == 0 {
		files = many{defaultFile}
	}
	found, err := findings(files, nodes, version)
	if err != nil {
		fmt.Fprintf(stderr, "tallystick check: %v\n", err)
		return exitFailure
	}
	return report(stdout, found, *asJSON, *strict)
}

// versionOption reads the option -haproxy; without it no version is known.
func versionOption(s string) (haproxycfg.Version, error) {
	if s == "" {
		return haproxycfg.Version{}, nil
	}
	v, err := haproxycfg.ParseVersion(s)
	if err != nil {
		return v, fmt.Errorf("option -haproxy: %w", err)
	}
	return v, nil
}

// disk is where files are.
func disk() config.Disk { return config.Disk{ReadFile: os.ReadFile, ReadDir: os.ReadDir} }

// readNodes reads the configuration of each node.
func readNodes(specs []string, v haproxycfg.Version) (all []*haproxycfg.Config, err error) {
	for _, spec := range specs {
		name, path := splitName(spec)
		files, err := disk().Read([]string{path})
		if err != nil {
			return nil, err
		}
		var texts []haproxycfg.File
		for _, f := range files {
			texts = append(texts, haproxycfg.File{Name: f.Name, Data: f.Data})
		}
		c, err := haproxycfg.Parse(texts, haproxycfg.Options{Lookup: os.LookupEnv, Name: name, Version: v})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, c)
	}
	return all, nil
}

// splitName takes NAME=FILE apart. A file whose own name has a '=' is written with its folder: ./a=b.cfg
func splitName(spec string) (name, path string) {
	name, path, found := strings.Cut(spec, "=")
	if !found || strings.Contains(name, string(filepath.Separator)) {
		return "", spec
	}
	return name, path
}

// findings are all that is wrong: of our own configuration, and if that can be used of all together.
func findings(files, nodes []string, v haproxycfg.Version) ([]fleet.Finding, error) {
	members, err := readNodes(nodes, v)
	if err != nil {
		return nil, err
	}
	texts, err := disk().Read(files)
	if err != nil {
		return nil, err
	}
	c, errs := config.Parse(texts, config.Options{Lookup: os.LookupEnv})
	var found []fleet.Finding
	for _, e := range errs {
		text := e
		text.Pos = config.Pos{} // it has a place of its own in what is printed
		found = append(found, fleet.Finding{Rule: "config", Severity: e.Severity, Where: e.Pos, Text: text.Error()})
	}
	if c != nil {
		found = append(found, fleet.Check(c, members)...)
	}
	return found, nil
}

// report prints findings and tells the exit status.
func report(stdout io.Writer, found []fleet.Finding, asJSON, strict bool) int {
	errs, warnings, notices := fleet.Count(found, fleet.Error), fleet.Count(found, fleet.Warning), fleet.Count(found, fleet.Notice)
	good := errs == 0 && (warnings == 0 || !strict)
	if asJSON {
		printJSON(stdout, found, good)
	} else {
		for _, f := range found {
			fmt.Fprintln(stdout, f)
		}
		fmt.Fprintf(stdout, "%d errors, %d warnings, %d notices\n", errs, warnings, notices)
	}
	if !good {
		return exitFailure
	}
	return exitGood
}

// printJSON prints what programs read: {"good": true, "findings": [...]}.
func printJSON(w io.Writer, found []fleet.Finding, good bool) {
	type finding struct {
		Rule     string `json:"rule"`
		Severity string `json:"severity"`
		Section  string `json:"section,omitempty"`
		Node     string `json:"node,omitempty"`
		Table    string `json:"table,omitempty"`
		File     string `json:"file,omitempty"`
		Line     int    `json:"line,omitempty"`
		Column   int    `json:"column,omitempty"`
		Text     string `json:"text"`
		Fix      string `json:"fix,omitempty"`
	}
	all := []finding{}
	for _, f := range found {
		all = append(all, finding{f.Rule, f.Severity.String(), f.Section, f.Node, f.Table, f.Where.File, f.Where.Line, f.Where.Column, f.Text, f.Fix})
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(map[string]any{"good": good, "findings": all}) // strings and numbers can be encoded
}
