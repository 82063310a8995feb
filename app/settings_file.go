package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/natefinch/atomic"
)

// settingsVersion is raised when a field changes its meaning. Every version ever
// shipped stays in testdata and must load.
const settingsVersion = 1

// maxFile bounds what is read of a settings file: nobody's settings are larger,
// and a file that is must not fill the memory.
const maxFile = 1 << 20

// ConfigDir is where settings live: $XDG_CONFIG_HOME/tally on Linux, and what
// the system prescribes elsewhere.
func ConfigDir() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("app: find the folder for settings: %w", err)
	}
	return filepath.Join(dir, "tally"), nil
}

// LoadSettings decodes the file over the defaults, so that a file of an older
// Tally, or an incomplete one, still works. With an error come the defaults: a
// show must be possible with a damaged file.
func LoadSettings(path string) (Settings, error) {
	s := DefaultSettings()
	data, err := readBounded(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("app: read settings: %w", err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return DefaultSettings(), fmt.Errorf("app: the settings file %s is damaged: %w", path, err)
	}
	if s.Version > settingsVersion {
		return DefaultSettings(), fmt.Errorf("app: the settings file %s is from a newer Tally (version %d)", path, s.Version)
	}
	s.Version = settingsVersion
	if err := s.Validate(); err != nil {
		return DefaultSettings(), fmt.Errorf("app: the settings file %s: %w", path, err)
	}
	return s, nil
}

// SaveSettings replaces the file at once and whole: after a crash or a power cut
// either the old or the new settings are there.
func SaveSettings(path string, s Settings) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("app: save settings: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("app: save settings: %w", err)
	}
	if err := atomic.WriteFile(path, bytes.NewReader(append(data, '\n'))); err != nil {
		return fmt.Errorf("app: save settings: %w", err)
	}
	return nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	return data, err
}
