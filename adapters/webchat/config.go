package webchat

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Config is one web chat. The zero Config is the demo: pages of our own origin
// may embed it, keys are made up and kept in Deps.Values.
type Config struct {
	Prefix   string        `yaml:"prefix"`    // where it is served; default /chat/
	Site     string        `yaml:"site"`      // what tokens are bound to; default the prefix without slashes
	Origins  []string      `yaml:"origins"`   // pages that may embed the widget: exact, scheme://host[:port]. Our own always may.
	Keys     []core.Secret `yaml:"keys"`      // sign visitor tokens, ≥ 32 bytes; the first signs, the others are still believed. Default: made once, kept in the store
	HostKeys []HostKey     `yaml:"host_keys"` // believed when the host says who is logged in; at most two
	Proxies  []string      `yaml:"proxies"`   // addresses or networks whose X-Forwarded-For is believed
	Limits   Rates         `yaml:"limits"`    //
	Look     Look          `yaml:"look"`      //
	NoDemo   bool          `yaml:"no_demo"`   // do not serve the demo page

	proxies []netip.Prefix
	origins map[string]struct{}
}

// A HostKey is a secret shared with the host's own backend.
type HostKey struct {
	ID     string      `yaml:"id"` // the JWT's kid; empty: tried for tokens without one
	Secret core.Secret `yaml:"secret"`
}

// Rates are how much is too much. Zero means the default.
type Rates struct {
	Messages   int      `yaml:"messages"`    // lines a minute and visitor; 20
	Burst      int      `yaml:"burst"`       // of them at once; 10
	PerAddress int      `yaml:"per_address"` // lines a minute and address, behind which a whole office may sit; 120
	Sessions   int      `yaml:"sessions"`    // new visitors an hour and address; 60
	Connects   int      `yaml:"connects"`    // sockets opened and polls a minute and address; 600
	Uploads    int      `yaml:"uploads"`     // files a minute and visitor; 10
	Files      int      `yaml:"files"`       // files an hour and address; 30
	Stored     int64    `yaml:"stored"`      // bytes of files an hour and address; 50 MiB
	Frames     int      `yaml:"frames"`      // frames of every kind a minute and visitor; 600
	Sockets    int      `yaml:"sockets"`     // open at once for one visitor; 5
	Body       int64    `yaml:"body"`        // bytes of a frame or request that is not a file; 8192
	Text       int      `yaml:"text"`        // runes of a visitor's line; 2000
	File       int64    `yaml:"file"`        // bytes of a file; 10 MiB
	Types      []string `yaml:"types"`       // MIME types of files, by their content; pictures, PDF, text, audio, MP4
}

// Look is what the widget looks like. Texts are by language (zh-CN, en); the
// widget has its own for what is not given.
type Look struct {
	Title    map[string]string `yaml:"title"`    // head of the window
	Subtitle map[string]string `yaml:"subtitle"` // below it, while the bot answers
	Launcher map[string]string `yaml:"launcher"` // beside the button; empty: the button alone
	Notice   map[string]string `yaml:"notice"`   // below the composer, e.g. about privacy
	Colour   string            `yaml:"colour"`   // #rrggbb; #0f766e
	Side     string            `yaml:"side"`     // right or left
	Avatar   string            `yaml:"avatar"`   // https URL of a picture for the head; default drawn
	Lang     string            `yaml:"lang"`     // zh-CN or en; default: the browser's
}

var defaultTypes = []string{
	"image/jpeg", "image/png", "image/gif", "image/webp",
	"application/pdf", "text/plain", "audio/mpeg", "audio/wave", "application/ogg", "video/mp4", "video/webm",
}

var (
	colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	prefix = regexp.MustCompile(`^/([A-Za-z0-9_-]+/)+$`)
)

// Validate sets defaults and says everything that is wrong at once.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf("webchat: "+format, a...)) }
	if c.Prefix == "" {
		c.Prefix = "/chat/"
	}
	if !prefix.MatchString(c.Prefix) {
		bad("prefix %q: write a path that starts and ends with a slash, such as /chat/", c.Prefix)
	}
	if c.Site == "" {
		c.Site = strings.Trim(c.Prefix, "/")
	}
	c.origins = map[string]struct{}{}
	for _, o := range c.Origins {
		if u, err := url.Parse(o); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.Scheme+"://"+u.Host != strings.ToLower(o) {
			bad("origins: %q is not an origin; write scheme and host, such as https://www.example.com, without a path or *", o)
			continue
		}
		c.origins[strings.ToLower(o)] = struct{}{}
	}
	for i, k := range c.Keys {
		if len(k) < 32 {
			bad("keys: number %d has %d bytes; use at least 32 random ones (openssl rand -base64 32)", i+1, len(k))
		}
	}
	if len(c.HostKeys) > 2 {
		bad("host_keys: %d are given; two are enough to change from one to the next", len(c.HostKeys))
	}
	for i, k := range c.HostKeys {
		if len(k.Secret) < 16 {
			bad("host_keys: number %d has a secret of %d bytes; use at least 16 random ones", i+1, len(k.Secret))
		}
	}
	c.proxies = nil
	for _, s := range c.Proxies {
		p, err := netip.ParsePrefix(s)
		if a, err2 := netip.ParseAddr(s); err2 == nil {
			p, err = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
		}
		if err != nil {
			bad("proxies: %q is neither an address nor a network such as 10.0.0.0/8", s)
			continue
		}
		c.proxies = append(c.proxies, p.Masked())
	}
	errs = append(errs, c.Limits.validate(), c.Look.validate())
	return errors.Join(errs...)
}

func (r *Rates) validate() error {
	var errs []error
	for _, f := range []struct {
		name string
		n    *int
		def  int
	}{
		{"messages", &r.Messages, 20}, {"burst", &r.Burst, 10}, {"per_address", &r.PerAddress, 120}, {"sessions", &r.Sessions, 60},
		{"connects", &r.Connects, 600}, {"uploads", &r.Uploads, 10}, {"sockets", &r.Sockets, 5}, {"text", &r.Text, 2000},
		{"files", &r.Files, 30}, {"frames", &r.Frames, 600},
	} {
		if *f.n == 0 {
			*f.n = f.def
		}
		if *f.n < 0 {
			errs = append(errs, fmt.Errorf("webchat: limits: %s is %d; write a number above 0, or leave it out for %d", f.name, *f.n, f.def))
		}
	}
	if r.Body == 0 {
		r.Body = 8 << 10
	}
	if r.Body < 4<<10 || r.Body > 1<<20 {
		errs = append(errs, fmt.Errorf("webchat: limits: body is %d bytes; it must be between 4096 and 1048576", r.Body))
	}
	if r.File == 0 {
		r.File = 10 << 20
	}
	if r.File < 0 || r.File > 1<<30 {
		errs = append(errs, fmt.Errorf("webchat: limits: file is %d bytes; it must be between 1 and 1073741824", r.File))
	}
	if r.Stored == 0 {
		r.Stored = max(50<<20, r.File)
	}
	if r.Stored < r.File {
		errs = append(errs, fmt.Errorf("webchat: limits: stored is %d bytes an hour; it must be at least file, which is %d", r.Stored, r.File))
	}
	if r.Types == nil {
		r.Types = slices.Clone(defaultTypes)
	}
	for _, t := range r.Types {
		if a, b, ok := strings.Cut(t, "/"); !ok || a == "" || b == "" || strings.ContainsAny(t, "* ;") {
			errs = append(errs, fmt.Errorf("webchat: limits: types: %q is not a MIME type such as image/png", t))
		}
	}
	return errors.Join(errs...)
}

func (l *Look) validate() error {
	var errs []error
	if l.Colour == "" {
		l.Colour = "#0f766e"
	}
	if !colour.MatchString(l.Colour) {
		errs = append(errs, fmt.Errorf("webchat: look: colour %q: write #rrggbb", l.Colour))
	}
	if l.Side == "" {
		l.Side = "right"
	}
	if l.Side != "right" && l.Side != "left" {
		errs = append(errs, fmt.Errorf("webchat: look: side %q: write right or left", l.Side))
	}
	if l.Lang != "" && l.Lang != "zh-CN" && l.Lang != "en" {
		errs = append(errs, fmt.Errorf("webchat: look: lang %q: write zh-CN or en, or leave it out for the browser's", l.Lang))
	}
	if u, err := url.Parse(l.Avatar); l.Avatar != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		errs = append(errs, fmt.Errorf("webchat: look: avatar %q: write an https URL", l.Avatar))
	}
	for name, m := range map[string]map[string]string{"title": l.Title, "subtitle": l.Subtitle, "launcher": l.Launcher, "notice": l.Notice} {
		for lang := range m {
			if lang != "zh-CN" && lang != "en" {
				errs = append(errs, fmt.Errorf("webchat: look: %s: the widget speaks zh-CN and en, not %q", name, lang))
			}
		}
	}
	return errors.Join(errs...)
}

// How long things last.
const (
	tokenLife  = 180 * 24 * time.Hour // a visitor is forgotten by then
	loginLife  = 30 * 24 * time.Hour  // of a token of a customer who does not come back
	tokenRenew = 7 * 24 * time.Hour   // older tokens are replaced
	linkLife   = time.Hour            // of a download address
	fileLife   = 50 * time.Minute     // of an upload that waits to be sent; after an hour its file is deleted
	hostLife   = 24 * time.Hour       // longest exp of a host's JWT
	leeway     = time.Minute          // between our clock and the host's
)
