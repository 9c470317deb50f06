// Command inventory says what a built edged consists of, from the build information
// that the Go linker has put into it: a software bill of materials (CycloneDX 1.6
// JSON), or the licence texts of everything in it.
//
//	go run ./packaging/inventory sbom BINARY VERSION > edged.cdx.json
//	go run ./packaging/inventory notices BINARY > third-party-notices
//	go run ./packaging/inventory list BINARY
//
// The same binary gives the same bytes. Licence texts are read from the module
// cache: the modules are there because the binary was built from them. The version
// of edged itself is not in the build information of a trimmed build. A module
// without a licence that is known here is an error: nothing of unknown terms is
// shipped.
package main

import (
	"debug/buildinfo"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "inventory: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string, w io.Writer) error {
	if len(args) < 2 || (args[0] == "sbom") != (len(args) == 3) {
		return fmt.Errorf("want sbom|notices|list BINARY [VERSION], got %q", args)
	}
	info, err := buildinfo.ReadFile(args[1])
	if err != nil {
		return err
	}
	parts, err := partsOf(info)
	if err != nil {
		return err
	}
	switch args[0] {
	case "sbom":
		return writeSBOM(w, info, args[2], parts)
	case "notices":
		return writeNotices(w, parts)
	case "list":
		return writeList(w, parts)
	}
	return fmt.Errorf("unknown output %q", args[0])
}
