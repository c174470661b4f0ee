package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // registers itself
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

const description = `sum the stick tables of HAProxy nodes
HAProxy nodes push the entries of their stick tables to tallystick over the
peers protocol; for every key it adds up what the nodes report and pushes the
sum into a second table on each node. A rule that reads that table limits the
cluster, not the node.`

// packages makes the deb and the rpm for one kind of machine.
func (r *release) packages(arch, program string, parts []part) error {
	copyright, err := r.copyright(parts)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "tallystick-dist-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	contents, err := r.stage(dir, program, copyright)
	if err != nil {
		return err
	}
	script := func(name string) string { return filepath.Join(r.root, "packaging", name) }
	for format, special := range map[string]nfpm.Overridables{
		"deb": {
			Depends:  []string{"adduser | systemd | systemd-standalone-sysusers", "passwd"},
			Suggests: []string{"haproxy", "logrotate", "socat"},
			Scripts: nfpm.Scripts{PostInstall: script("debian/postinst"), PreRemove: script("debian/prerm"),
				PostRemove: script("debian/postrm")},
		},
		"rpm": {
			Depends:  []string{"shadow-utils"},
			Suggests: []string{"haproxy", "logrotate", "socat"},
			Scripts: nfpm.Scripts{PreInstall: script("rpm/preinstall"), PostInstall: script("rpm/postinstall"),
				PreRemove: script("rpm/preremove"), PostRemove: script("rpm/postremove")},
			RPM: nfpm.RPM{BuildHost: "reproducible", Summary: "sum the stick tables of HAProxy nodes"},
		},
	} {
		if err := r.pack(format, arch, special, contents); err != nil {
			return fmt.Errorf("%s for %s: %w", format, arch, err)
		}
	}
	return nil
}

// pack makes one package.
func (r *release) pack(format, arch string, special nfpm.Overridables, contents files.Contents) error {
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	special.Contents = slices.Clone(contents)
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "tallystick", Arch: arch, Platform: "linux", Version: r.version, Release: "1",
		Section: "net", Priority: "optional", Maintainer: "the tallystick authors <tallystick@localhost>",
		Description: description, License: "MIT", MTime: r.when, DisableGlobbing: true, Overridables: special,
	})
	file, err := os.Create(filepath.Join(r.out, packager.ConventionalFileName(info)))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := packager.Package(info, file); err != nil {
		return err
	}
	return file.Close()
}
