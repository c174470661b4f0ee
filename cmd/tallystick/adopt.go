package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"tallystick/internal/fleet"
	"tallystick/internal/haproxycfg"
)

// runAdopt proposes what configurations of HAProxy must change so that their tables are summed, and the aggregator's
// own. Nothing is overwritten: it prints, or writes into a folder.
func runAdopt(args []string, stdout, stderr io.Writer) int {
	f := newFlags("adopt", "adopt [OPTION]... [NAME=]FILE...   one FILE for each node; NAME is as HAProxy's -L", stderr)
	var names, addresses many
	f.Var(&names, "name", "the aggregator's name; twice for two side by side (default tallystick)")
	f.Var(&addresses, "address", "HOST:PORT where nodes reach the aggregator; once for each")
	suffix := f.String("suffix", ".agg", "of the tables of sums")
	socket := f.String("socket", "/run/tallystick.sock", "the aggregator's runtime CLI")
	haproxy := f.String("haproxy", "", "the nodes' version, such as 3.2; without it only what every version knows is written")
	out := f.String("o", "", "write whole files into this folder: tallystick.cfg, and NODE/FILE for each node")
	if code, ok := parseFlags(f, args, stdout); !ok {
		return code
	}
	version, err := versionOption(*haproxy)
	request := fleet.Request{Suffix: *suffix, Socket: *socket}
	if err == nil {
		request.Aggregators, err = aggregators(names, addresses)
	}
	if err == nil && f.NArg() == 0 {
		err = errors.New("which nodes? tallystick adopt -address 192.0.2.50:10000 lb1.cfg lb2.cfg")
	}
	if err != nil {
		fmt.Fprintf(stderr, "tallystick adopt: %v\n", err)
		return exitUsage
	}
	nodes, err := readNodes(f.Args(), version)
	var p *fleet.Proposal
	if err == nil {
		p, err = fleet.Adopt(nodes, request)
	}
	if err == nil {
		err = deliver(p, *out, stdout)
	}
	if err != nil {
		fmt.Fprintf(stderr, "tallystick adopt: %v\n", err)
		return exitFailure
	}
	for _, note := range p.Notes {
		fmt.Fprintln(stderr, note)
	}
	return exitGood
}

// aggregators pairs names with addresses.
func aggregators(names, addresses []string) (all []fleet.Place, err error) {
	if len(names) == 0 {
		names = []string{"tallystick"}
		if len(addresses) == 2 {
			names = []string{"tallystick-a", "tallystick-b"}
		}
	}
	if len(addresses) == 0 {
		return nil, errors.New("nodes must know where the aggregator is: tallystick adopt -address HOST:PORT lb1.cfg lb2.cfg")
	}
	if len(names) != len(addresses) || len(names) > 2 {
		return nil, fmt.Errorf("-name is given %d times and -address %d times: write -address HOST:PORT for the aggregator, and -name for each if there are two", len(names), len(addresses))
	}
	for i, name := range names {
		all = append(all, fleet.Place{Name: name, Addr: addresses[i]})
	}
	return all, nil
}

// deliver prints a proposal, or writes it into a folder that has none of its files yet.
func deliver(p *fleet.Proposal, folder string, stdout io.Writer) error {
	if folder == "" {
		for _, c := range p.Nodes {
			if c.Diff == "" {
				fmt.Fprintf(stdout, "# %s of %s stays as it is.\n\n", c.File, c.Node)
				continue
			}
			fmt.Fprintf(stdout, "# What changes in %s of %s:\n%s\n", c.File, c.Node, c.Diff)
		}
		for _, f := range p.Aggregators {
			fmt.Fprintf(stdout, "# %s:\n%s\n", f.Name, f.Data)
		}
		return nil
	}
	files := append([]haproxycfg.File(nil), p.Aggregators...)
	for _, c := range p.Nodes {
		files = append(files, haproxycfg.File{Name: filepath.Join(c.Node, filepath.Base(c.File)), Data: []byte(c.After)})
	}
	for _, f := range files {
		if err := create(filepath.Join(folder, f.Name), f.Data); err != nil {
			return err
		}
		fmt.Fprintln(stdout, filepath.Join(folder, f.Name))
	}
	return nil
}

// create writes a file that is not there yet. A haproxy.cfg may have passwords, so it is for its owner alone.
func create(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
