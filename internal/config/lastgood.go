package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
)

const (
	lastGoodName   = "config.last-good.yaml"
	lastGoodHeader = "# The last valid configuration, kept by edged. It came from:\n# "
	// lastGoodEnd proves that the file is whole: half of one that happens to end behind
	// a line is a valid configuration too, with defaults for the other half.
	lastGoodEnd = "# whole\n"
)

// SaveLastGood keeps c under its state_dir for the time when its file has become
// invalid (DESIGN §4). It writes and syncs only if something has changed.
func SaveLastGood(c *Config) error {
	content, err := canonical(c)
	if err != nil {
		return fmt.Errorf("keep last valid config: %w", err)
	}
	file := filepath.Join(c.StateDir, lastGoodName)
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, content) {
		return nil
	}
	if err := replaceFile(file, content); err != nil {
		return fmt.Errorf("keep last valid config: %w", err)
	}
	return nil
}

// LoadLastGood finds the configuration that SaveLastGood kept. broken is the file
// that is invalid now: its state_dir is looked for in it line by line, so that it
// need not be YAML at all. The rules of this build apply; secret files are not
// looked at: LoadSecrets names those that are missing. Errors: ErrNoLastGood.
func LoadLastGood(broken string) (*Config, error) {
	data, err := os.ReadFile(filepath.Join(StateDirOf(broken), lastGoodName))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoLastGood, err)
	}
	rest, ok := strings.CutPrefix(string(data), lastGoodHeader)
	rest, whole := strings.CutSuffix(rest, lastGoodEnd)
	source, body, cut := strings.Cut(rest, "\n")
	if !ok || !cut || !whole {
		return nil, fmt.Errorf("%w: the kept file is not whole", ErrNoLastGood)
	}
	c, d := decode(source, []byte(body))
	newChecker(d, c).rules()
	if len(d.Problems()) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoLastGood, d.Problems()[0])
	}
	return c, nil
}

// StateDirOf is the state_dir a file names, or the default. The file may be missing or
// broken in any way.
func StateDirOf(file string) string {
	data, err := os.ReadFile(file)
	if err == nil {
		for line := range strings.Lines(string(data)) {
			if value, ok := strings.CutPrefix(line, "state_dir:"); ok {
				value, _, _ = strings.Cut(value, " #")
				if dir := strings.Trim(strings.TrimSpace(value), `"'`); filepath.IsAbs(dir) {
					return dir
				}
			}
		}
	}
	return Defaults().StateDir
}

// canonical is the file's content: every key with its value, and the source.
func canonical(c *Config) ([]byte, error) {
	if strings.ContainsAny(c.source, "\r\n") {
		return nil, errors.New("the configuration file's name has a line end")
	}
	source, err := filepath.Abs(c.source)
	if err != nil {
		return nil, err
	}
	body, err := yaml.Marshal(c)
	if err != nil {
		return nil, err
	}
	return []byte(lastGoodHeader + source + "\n" + string(body) + lastGoodEnd), nil
}

// replaceFile writes a file so that after a power cut either the old or the new
// content is there: temporary file, fsync, rename, fsync of the directory.
// The temporary name is fixed, so that crashes leave at most one behind.
func replaceFile(file string, content []byte) error {
	tmp := file + ".tmp"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, werr := f.Write(content)
	if err := errors.Join(werr, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, file); err != nil {
		return err
	}
	return syncDir(filepath.Dir(file))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
