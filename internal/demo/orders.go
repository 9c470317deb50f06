package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"time"

	"edged/internal/demo/audit"
	"edged/internal/sim/world"
)

// orders asks the daemon, by its own command, for every order it knows.
func (d *demo) orders(ctx context.Context) ([]audit.Order, error) {
	out, err := d.edged(ctx, "order", "ls", "--all", "--limit", "100000", "--json")
	if err != nil {
		return nil, err
	}
	var list struct {
		Orders []audit.Order `json:"orders"`
	}
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, fmt.Errorf("edged order ls: %w", err)
	}
	return list.Orders, nil
}

// readiness is what the daemon says of a lane (/readyz).
type readiness struct {
	Lane    string   `json:"lane"`
	Selling bool     `json:"selling"`
	Reasons []string `json:"reasons"`
}

// notSelling asks the daemon which lanes do not sell; one that does not answer sells
// nothing.
func (d *demo) notSelling(ctx context.Context) []readiness {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var answer struct {
		Lanes []readiness `json:"lanes"`
	}
	if err := getJSON(ctx, "http://"+d.site.Metrics+"/readyz", &answer); err != nil {
		return []readiness{{Reasons: []string{err.Error()}}}
	}
	return slices.DeleteFunc(answer.Lanes, func(l readiness) bool { return l.Selling })
}

func getJSON(ctx context.Context, url string, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(v)
}

// laneIn is the technician who looked at a door that no callback will ever close. It is
// written down before and after: where the daemon dies, only one of them is near it.
func (d *demo) laneIn(ctx context.Context, lane string) error {
	if err := d.child.AwaitSocket(ctx); err != nil {
		return err
	}
	d.world.Record(world.NoteDone, audit.LaneIn)
	_, err := d.edged(ctx, "lane", "in", lane)
	if err == nil {
		d.world.Record(world.NoteDone, audit.LaneIn)
	}
	return err
}

// edged runs one of the program's own commands against the daemon.
func (d *demo) edged(ctx context.Context, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := d.child.AwaitSocket(ctx); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, d.o.Exe, append(args, "--socket", d.site.socket)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("edged %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}
