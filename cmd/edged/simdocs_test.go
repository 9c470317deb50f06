package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// section is a part of a page with the commands in it and what they print.
type section struct {
	title  string
	script string
	prints []string
}

// fence is a block of a page.
var fence = regexp.MustCompile("(?ms)^(## [^\n]*)$|^```(sh|text)\n(.*?)^```$")

// sections reads a page. The commands of a section belong together.
func sections(t *testing.T, page string) (all []section) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range fence.FindAllStringSubmatch(string(text), -1) {
		if m[1] != "" {
			all = append(all, section{title: strings.TrimPrefix(m[1], "## ")})
			continue
		}
		s := &all[len(all)-1]
		if m[2] == "sh" {
			s.script += m[3]
		} else {
			s.prints = append(s.prints, m[3])
		}
	}
	return all
}

// free is a port of this machine nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}

// moved is a script with ports and files of this test alone.
func (s section) moved(t *testing.T, dir string) string {
	t.Helper()
	from := []string{"/tmp/", dir + "/"}
	for _, port := range []string{"8080", "9000", "20007"} {
		from = append(from, ":"+port, ":"+free(t))
	}
	return strings.NewReplacer(from...).Replace(s.script)
}

// run gives what the script prints, on both of its streams.
func (s section) run(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(exe, filepath.Join(dir, "edged")); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, "bash", "-c", "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n"+s.moved(t, dir))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), asProgram+"=1", "PATH="+dir+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("it does not end: %s", out)
	}
	t.Logf("%v: %s", err, out)
	return string(out)
}

// missing is the first line of the blocks that is not printed: the lines of a block come
// one after the other, and … stands for anything within a line.
func (s section) missing(printed string) string {
	for _, block := range s.prints {
		rest := printed
		for line := range strings.Lines(block) {
			line = strings.TrimRight(line, "\n")
			at := regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(line), "…", "[^\n]*")).FindStringIndex(rest)
			if at == nil {
				return line
			}
			rest = rest[at[1]:]
		}
	}
	return ""
}

// Every example of the page prints what the page says. The pauses in them are for people
// and may be too short for a machine at work: an example may be tried three times.
func TestTheExamplesForIntegratorsPrintWhatTheySay(t *testing.T) {
	t.Parallel()
	ran := 0
	for _, s := range sections(t, "../../docs/simulators.md") {
		if s.script == "" {
			continue
		}
		ran++
		t.Run(s.title, func(t *testing.T) {
			t.Parallel()
			for _, tool := range []string{"bash", "curl", "socat", "od", "sed"} {
				if _, err := exec.LookPath(tool); err != nil && strings.Contains("bash "+s.script, tool+" ") {
					t.Skipf("%s is not here; the tests of the foreign cash register and client do the same without", tool)
				}
			}
			lacks := ""
			for range 3 {
				if lacks = s.missing(s.run(t)); lacks == "" {
					return
				}
			}
			t.Errorf("it does not print (in this order) %q", lacks)
		})
	}
	if ran != 4 {
		t.Errorf("%d parts of the page have examples, want 4", ran)
	}
}
