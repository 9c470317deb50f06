package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"edged/internal/admin"
	"edged/internal/bundle"
	"edged/internal/config"
	"edged/internal/doctor"
	"edged/internal/serialdev/port"
	"edged/internal/version"
)

// newBundle writes an archive for somebody far away.
func newBundle() *cobra.Command {
	var file, out string
	cmd := asking(&cobra.Command{
		Use:   "bundle",
		Short: "Write an archive for support, without secrets or card numbers",
		Long: `Write an archive for somebody far away who is to find out what is wrong: status, orders,
queue, tasks, ledger and audit as the daemon tells them, the doctor's findings, metrics,
the log, and the traces of the serial ports. It works while edged does not run, too; what
could not be had is said in MANIFEST.txt.

Card numbers, tokens, secrets and the macs of callback addresses are taken out. At most
16 MiB before compression.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runBundle(cmd, file, out) },
	})
	cmd.Flags().StringVar(&file, "config", defaultConfig, "configuration file")
	cmd.Flags().StringVar(&out, "out", "", "file to write; it must not exist (default edged-bundle-GATEWAY-TIME.tar.gz here)")
	return cmd
}

// bundleAnswer is the JSON of `edged bundle`.
type bundleAnswer struct {
	File    string   `json:"file"`
	Bytes   int64    `json:"bytes"`
	Parts   []string `json:"parts"`
	Missing []string `json:"missing"`
}

// collector takes one part after the other.
type collector struct {
	cmd     *cobra.Command
	b       *bundle.Writer
	answer  bundleAnswer
	written error // the first error of the archive
}

func runBundle(cmd *cobra.Command, file, out string) error {
	conf, problems := config.Check(file)
	gateway, secrets := "unknown", []string(nil)
	if conf != nil {
		gateway = cmp.Or(conf.Gateway, gateway)
		secrets = secretTexts(conf)
	}
	if conf != nil && len(problems) == 0 && !cmd.Flags().Changed("socket") {
		if err := cmd.Flags().Set("socket", conf.AdminSocket); err != nil {
			return err
		}
	}
	now := time.Now()
	name := fmt.Sprintf("edged-bundle-%s-%s", gateway, now.UTC().Format("20060102T150405Z"))
	out = cmp.Or(out, name+".tar.gz")
	f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	c := &collector{cmd: cmd, b: bundle.New(f, bundle.Options{Name: name, Now: now, Secrets: secrets}), answer: bundleAnswer{File: out, Parts: []string{}, Missing: []string{}}}
	c.collect(conf, file, problems)
	err = errors.Join(c.written, c.b.Close())
	if info, statErr := f.Stat(); statErr == nil {
		c.answer.Bytes = info.Size()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(out))
	}
	return printAnswer(cmd, c.answer, showBundle)
}

func showBundle(p *printer, a bundleAnswer) {
	for _, m := range a.Missing {
		p.toned(warn, "not there: %s", printable(m))
	}
	p.line("%s: %d parts, %d KiB. Look into it before you hand it on.", a.File, len(a.Parts), a.Bytes>>10)
}

// secretTexts are what must not be in an archive.
func secretTexts(conf *config.Config) (texts []string) {
	s, _ := config.LoadSecrets(conf) // what cannot be read cannot get into the archive either
	if s == nil {
		return nil
	}
	all := append([]config.Secret{s.SaaSKey, s.SaaSSecret, s.MQTTPassword, s.ConsoleToken}, s.CallbackKeys...)
	for _, p := range s.TerminalPasswords {
		all = append(all, p)
	}
	for _, secret := range all {
		texts = append(texts, secret.Reveal())
	}
	return texts
}

func (c *collector) collect(conf *config.Config, file string, problems []config.Problem) {
	c.json("version.json", func() (any, error) { return version.Get(), nil })
	c.text("edged.yaml", func() ([]byte, error) { return os.ReadFile(file) })
	c.text("check.txt", func() ([]byte, error) {
		var b bytes.Buffer
		for _, p := range problems {
			fmt.Fprintf(&b, "%s%s\n", p, bracketed(string(p.Code)))
		}
		return b.Bytes(), nil
	})
	c.daemon()
	if conf != nil && len(problems) == 0 {
		c.doctor(conf)
		c.text("metrics.txt", func() ([]byte, error) { return getText(c.cmd.Context(), conf.Metrics.Listen) })
	}
	c.json("ports.json", func() (any, error) { return port.List() })
	c.text("edged.log", func() ([]byte, error) {
		return exec.CommandContext(c.cmd.Context(), "journalctl", "-u", "edged", "--no-pager", "-o", "short-iso-precise", "-n", "5000").Output()
	})
	c.text("system.txt", systemText)
}

// daemon asks for everything that the daemon tells.
func (c *collector) daemon() {
	ask := func(name string, question func(context.Context, *admin.Client) (any, error)) {
		c.json(name, func() (any, error) { return askOnly(c.cmd, question) })
	}
	ask("status.json", func(ctx context.Context, a *admin.Client) (any, error) { return a.Status(ctx) })
	ask("orders.json", func(ctx context.Context, a *admin.Client) (any, error) { return orderDetails(ctx, a) })
	ask("queue.json", func(ctx context.Context, a *admin.Client) (any, error) { return a.Queue(ctx, 1000) })
	ask("tasks.json", func(ctx context.Context, a *admin.Client) (any, error) { return a.Tasks(ctx) })
	ask("ledger.json", func(ctx context.Context, a *admin.Client) (any, error) { return a.Ledger(ctx, "", 100) })
	ask("audit.json", func(ctx context.Context, a *admin.Client) (any, error) { return a.Audit(ctx, 500) })
	traces, err := askOnly(c.cmd, func(ctx context.Context, a *admin.Client) (admin.Traces, error) { return a.Traces(ctx) })
	if err != nil {
		c.missing("traces", err)
	}
	for _, t := range traces.Traces {
		c.text("trace-"+t.Lane+"-"+t.Device+".jsonl", func() ([]byte, error) {
			return askOnly(c.cmd, func(ctx context.Context, a *admin.Client) ([]byte, error) {
				var b bytes.Buffer
				err := a.Trace(ctx, t.Lane, t.Device, &b)
				return b.Bytes(), err
			})
		})
	}
}

// newest is of how many orders the journal is taken.
const newest = 50

// orderDetails are the newest orders, with the journal of each.
func orderDetails(ctx context.Context, a *admin.Client) (any, error) {
	list, err := a.Orders(ctx, newest, true)
	if err != nil {
		return nil, err
	}
	details := []admin.OrderDetail{}
	for _, o := range list.Orders {
		d, err := a.Order(ctx, o.OrderID)
		if err != nil {
			return nil, err
		}
		details = append(details, d)
	}
	return details, nil
}

func (c *collector) doctor(conf *config.Config) {
	c.json("doctor.json", func() (any, error) {
		o, err := doctorOptions(conf)
		if err != nil {
			return nil, err
		}
		return doctor.Examine(c.cmd.Context(), o), nil
	})
}

// text adds a part, or says why it is not there.
func (c *collector) text(name string, take func() ([]byte, error)) {
	b, err := take()
	if err != nil {
		c.missing(name, err)
		return
	}
	c.answer.Parts = append(c.answer.Parts, name)
	c.written = firstError(c.written, c.b.Add(name, b))
}

func (c *collector) json(name string, take func() (any, error)) {
	c.text(name, func() ([]byte, error) {
		v, err := take()
		if err != nil {
			return nil, err
		}
		return json.MarshalIndent(v, "", "  ")
	})
}

func (c *collector) missing(name string, err error) {
	c.b.Missing(name, err)
	c.answer.Missing = append(c.answer.Missing, name+": "+err.Error())
}

// getText takes the metrics of this machine's daemon.
func getText(ctx context.Context, listen string) ([]byte, error) {
	if listen == "" {
		return nil, errors.New("metrics.listen is empty")
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listen+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP %d", resp.StatusCode)
	}
	return io.ReadAll(io.LimitReader(resp.Body, bundle.MaxPart))
}

// systemText is what the kernel tells of the machine.
func systemText() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s/%s, %d processors\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	for _, f := range []string{"/etc/os-release", "/proc/version", "/proc/uptime", "/proc/loadavg", "/proc/meminfo", "/proc/mounts", "/proc/device-tree/model"} {
		text, err := os.ReadFile(filepath.Clean(f))
		if err != nil {
			fmt.Fprintf(&b, "\n== %s: %v\n", f, err)
			continue
		}
		fmt.Fprintf(&b, "\n== %s\n%s\n", f, bytes.TrimRight(text, "\n\x00"))
	}
	return b.Bytes(), nil
}
