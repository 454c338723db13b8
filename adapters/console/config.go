package console

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"
)

// Config is the console's part of the configuration.
type Config struct {
	Title   string        `yaml:"title"`   // name over the pages; Frontdesk if empty
	URL     string        `yaml:"url"`     // public address, e.g. https://desk.example.com; needed behind a proxy that speaks TLS
	Proxies []string      `yaml:"proxies"` // networks whose X-Forwarded-For is believed, e.g. 127.0.0.1/32
	Idle    time.Duration `yaml:"idle"`    // a session ends after so long without use; 12h if 0
	Life    time.Duration `yaml:"life"`    // a session ends after so long in any case; 168h if 0
	Topics  []string      `yaml:"topics"`  // offered for transfers, beside those in use
	Upload  int64         `yaml:"upload"`  // largest attachment in bytes; 20 MiB if 0
}

// Validate sets defaults and reports what is wrong, all of it at once.
func (c *Config) Validate() error {
	if c.Title == "" {
		c.Title = "Frontdesk"
	}
	if c.Idle == 0 {
		c.Idle = 12 * time.Hour
	}
	if c.Life == 0 {
		c.Life = 7 * 24 * time.Hour
	}
	if c.Upload == 0 {
		c.Upload = 20 << 20
	}
	var errs []error
	if c.Idle < time.Minute || c.Life < c.Idle {
		errs = append(errs, fmt.Errorf("console: idle %v, life %v: idle must be a minute at least and life not shorter than idle", c.Idle, c.Life))
	}
	if c.Upload < 0 {
		errs = append(errs, fmt.Errorf("console: upload %d: must be a number of bytes", c.Upload))
	}
	if c.URL != "" {
		if u, err := url.Parse(c.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Path != "" && u.Path != "/" {
			errs = append(errs, fmt.Errorf("console: url %q: write scheme and host only, e.g. https://desk.example.com", c.URL))
		}
	}
	for _, p := range c.Proxies {
		if _, err := netip.ParsePrefix(p); err != nil {
			errs = append(errs, fmt.Errorf("console: proxies: %q is not a network like 10.0.0.0/8", p))
		}
	}
	return errors.Join(errs...)
}

// networks are Proxies, which Validate has looked at.
func (c *Config) networks() (out []netip.Prefix) {
	for _, p := range c.Proxies {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}
