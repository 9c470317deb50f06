package watch

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// RuleFile is a file of Prometheus rules.
type RuleFile struct {
	Groups []struct {
		Name  string `yaml:"name"`
		Rules []Rule `yaml:"rules"`
	} `yaml:"groups"`
}

// Rule is an alerting rule, or a recording rule.
type Rule struct {
	Alert       string            `yaml:"alert"`
	Record      string            `yaml:"record"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// ReadRules reads a file of rules. What Prometheus does not know is an error with its
// line.
func ReadRules(file string) ([]Rule, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var f RuleFile
	if err := yaml.UnmarshalWithOptions(b, &f, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %s", file, yaml.FormatError(err, false, false))
	}
	var out []Rule
	for _, g := range f.Groups {
		out = append(out, g.Rules...)
	}
	return out, nil
}

// Check says what an alert lacks by the conventions of its trade.
func (r Rule) Check() (problems []string) {
	say := func(format string, args ...any) {
		problems = append(problems, r.Alert+": "+fmt.Sprintf(format, args...))
	}
	if !regexp.MustCompile(`^Edged[A-Z][A-Za-z]+$`).MatchString(r.Alert) {
		say("the name is not EdgedInCamelCase")
	}
	if r.For == "" {
		say("no `for`")
	}
	if s := r.Labels["severity"]; !slices.Contains([]string{"page", "ticket", "info"}, s) {
		say("severity is %q, want page, ticket or info", s)
	}
	for _, a := range []string{"summary", "description", "runbook_url"} {
		if r.Annotations[a] == "" {
			say("no %s", a)
		}
	}
	if !strings.HasSuffix(r.Annotations["runbook_url"], "/runbooks/"+r.Alert+".md") {
		say("runbook_url is %q, want its page", r.Annotations["runbook_url"])
	}
	return problems
}

// Metrics are the names of edged's metrics in a text, without the suffixes of a
// histogram, each once.
func Metrics(text string) []string {
	var out []string
	for _, name := range regexp.MustCompile(`\bedged_[a-z0-9_]+`).FindAllString(text, -1) {
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			name = strings.TrimSuffix(name, suffix)
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
