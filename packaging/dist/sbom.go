package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
)

// part is a module that is linked into a program.
type part struct{ path, version string }

// purl is the part's name in SBOMs.
func (p part) purl() string { return "pkg:golang/" + p.path + "@" + p.version }

// partsOf reads from a program what it was made of: the program knows, whatever go.mod says. The
// standard library is the first.
func partsOf(program string) ([]part, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, err
	}
	parts := []part{{"std", strings.TrimPrefix(info.GoVersion, "go")}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		parts = append(parts, part{m.Path, m.Version})
	}
	slices.SortFunc(parts[1:], func(a, b part) int { return cmp.Compare(a.path, b.path) })
	return parts, nil
}

// sbom writes the list of parts as CycloneDX has it.
func (r *release) sbom(parts []part, file string) error {
	us := "pkg:generic/tallystick@" + r.version
	bom := cyclonedx.NewBOM()
	bom.Metadata = &cyclonedx.Metadata{
		Timestamp: r.when.Format(time.RFC3339),
		Component: &cyclonedx.Component{
			BOMRef: us, Type: cyclonedx.ComponentTypeApplication, Name: "tallystick", Version: r.version, PackageURL: us,
			Licenses: &cyclonedx.Licenses{{License: &cyclonedx.License{ID: "MIT"}}},
		},
	}
	var all []cyclonedx.Component
	var refs []string
	for _, p := range parts {
		all = append(all, cyclonedx.Component{BOMRef: p.purl(), Type: cyclonedx.ComponentTypeLibrary, Name: p.path, Version: p.version,
			PackageURL: p.purl(), Scope: cyclonedx.ScopeRequired})
		refs = append(refs, p.purl())
	}
	bom.Components = &all
	bom.Dependencies = &[]cyclonedx.Dependency{{Ref: us, Dependencies: &refs}}
	bom.SerialNumber = serial(us, parts)

	var text bytes.Buffer
	if err := cyclonedx.NewBOMEncoder(&text, cyclonedx.BOMFileFormatJSON).SetPretty(true).Encode(bom); err != nil {
		return err
	}
	return os.WriteFile(file, text.Bytes(), 0o644)
}

// serial is a UUID (version 8: of one's own making) of the contents, not a random one: the same
// parts have the same number.
func serial(us string, parts []part) string {
	h := sha256.New()
	fmt.Fprintln(h, us, parts)
	b := h.Sum(nil)[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
