package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/calendar"
)

// Values that a key may have.
var (
	levels  = []string{"debug", "info", "warn", "error"}
	formats = []string{"text", "json"}
	modes   = []string{"least", "idle", "round", "last", "manual"}
	langs   = []string{"zh-CN", "en"}
)

var accountName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

// check adds what is wrong with values that were read.
func (c *Config) check(makers map[string]core.Maker) {
	c.address("listen", c.Listen)
	if c.Metrics.Listen != "" {
		c.address("metrics.listen", c.Metrics.Listen)
		if c.Metrics.Listen == c.Listen {
			c.bad("metrics.listen", "is the same as listen", "remove it to serve the figures there too, or take another port")
		}
	}
	c.base()
	c.shared()
	c.files()
	c.oneOf("log.level", c.Log.Level, levels)
	c.oneOf("log.format", c.Log.Format, formats)
	c.oneOf("line.mode", c.Line.Mode, modes)
	c.positive("limits.connections", int64(c.Limits.Connections))
	c.positive("limits.body", c.Limits.Body)
	if c.Limits.Disk < 1 || c.Limits.Disk > 100 {
		c.bad("limits.disk", "must be between 1 and 100", "write how many percent of the free disk files may fill")
	}
	c.positive("limits.stop", int64(c.Limits.Stop))
	c.positive("line.ring", int64(c.Line.Ring))
	c.positive("line.misses", int64(c.Line.Misses))
	c.positive("line.max", int64(c.Line.Max))
	c.positive("staff.lead", int64(c.Staff.Lead))
	c.positive("staff.return", int64(c.Staff.Return))
	c.positive("staff.hops", int64(c.Staff.Hops))
	for i, p := range c.Proxies {
		if _, err := Prefix(p); err != nil {
			c.bad(fmt.Sprintf("proxies[%d]", i), c.said(fmt.Sprintf("proxies[%d]", i), p)+" is not an address", "write 127.0.0.1 or 10.0.0.0/8")
		}
	}
	if c.Data == "" {
		c.bad("data", "is empty", "name a folder, or remove the key to use ./data")
	}
	if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "" {
		c.bad("zone", c.said("zone", c.Zone)+" is not a time zone", "write a name like Asia/Shanghai")
	}
	c.kept("keep", c.Keep)
	for _, n := range slices.Sorted(maps.Keys(c.Channels)) {
		c.kept(join(join("channels", n), "keep"), c.Channels[n].Keep)
	}
	c.flows()
	c.accounts(makers)
	c.staff()
}

// kept checks how long things are kept.
func (c *Config) kept(path string, k Keep) {
	for _, f := range []struct {
		key string
		d   *time.Duration
	}{{"messages", k.Messages}, {"media", k.Media}, {"events", k.Events}} {
		if f.d != nil && (*f.d < 0 || *f.d%(24*time.Hour) != 0) {
			c.bad(join(path, f.key), c.said(join(path, f.key), f.d.String())+" is not a number of days", "write 90d, or 0d to keep it for ever")
		}
	}
}

// Prefix reads an address or a CIDR range.
func Prefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Prefix(a.BitLen())
	}
	return netip.ParsePrefix(s)
}

func (c *Config) address(path, s string) {
	_, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		c.bad(path, c.said(path, s)+" is not an address to listen on", "write host:port, like 127.0.0.1:8080, or :8080 for all addresses")
	}
}

func (c *Config) base() {
	if c.BaseURL == "" {
		return
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		c.bad("base_url", c.said("base_url", c.BaseURL)+" is not the address of a site", "write https://chat.example.com, without a path")
		return
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
}

// shared checks the address of what processes share, without a word of it: a
// password stands in it.
func (c *Config) shared() {
	if c.Store != "" {
		u, err := url.Parse(string(c.Store))
		if err != nil || !slices.Contains([]string{"postgres", "postgresql"}, u.Scheme) || strings.Trim(u.Path, "/") == "" {
			c.bad("store", "this is not the address of a PostgreSQL database", "write postgres://user:password@host:5432/database, with special characters of the password in %XX")
		}
	}
	if c.Bus == "" {
		return
	}
	u, err := url.Parse(string(c.Bus))
	if err != nil || !slices.Contains([]string{"redis", "rediss", "unix"}, u.Scheme) || u.Host+u.Path == "" {
		c.bad("bus", "this is not the address of a Redis", "write redis://:password@host:6379/0, rediss:// with TLS, unix:///path")
	}
}

func (c *Config) files() {
	switch f := c.Files; {
	case f.S3 == "" && f.Key+f.Secret+core.Secret(f.Region) != "":
		c.bad("files", "there is a key and no bucket", "write s3: https://host/bucket, or remove key, secret and region")
	case f.S3 != "" && f.Folder != "":
		c.bad("files.folder", "files are kept in a folder or in a bucket, not in both", "remove one of folder and s3")
	case f.S3 != "" && (f.Key == "" || f.Secret == ""):
		c.bad("files", "the bucket needs a key and a secret", "write key: ${S3_KEY} and secret: ${S3_SECRET}")
	}
}

func (c *Config) flows() {
	if c.Flows.Dir == "" {
		return
	}
	dir := c.Flows.Dir
	if c.Path != "" {
		dir = under(filepath.Dir(c.Path), dir)
	}
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		c.bad("flows.dir", "there is no folder "+c.said("flows.dir", dir), "create it, or remove the key to use the demo scripts")
	}
}

// accounts checks names, types and every adapter's own part.
func (c *Config) accounts(makers map[string]core.Maker) {
	seen := map[string]string{}
	check := func(group, name, kind string, part Part) {
		path := join(group, name)
		if !accountName.MatchString(name) {
			c.bad(path, fmt.Sprintf("%q cannot be a name", name), "use small letters, digits, - and _, at most 32, beginning with a letter")
		}
		if other, twice := seen[name]; twice {
			c.bad(path, fmt.Sprintf("the name %s is taken by %s", name, other), "give every channel, desk and system a name of its own")
		}
		seen[name] = join(group, name)
		if kind == "" {
			c.bad(path, "has no type", "write type: and the adapter, like webchat")
			return
		}
		if makers == nil {
			return
		}
		m, ok := makers[kind]
		if !ok {
			c.bad(join(path, "type"), "there is no adapter "+c.said(join(path, "type"), kind), near(kind, slices.Collect(maps.Keys(makers))))
			return
		}
		c.part(m, part)
	}
	for _, n := range slices.Sorted(maps.Keys(c.Channels)) {
		check("channels", n, c.Channels[n].Type, c.Channels[n].Part)
	}
	for _, n := range slices.Sorted(maps.Keys(c.Desks)) {
		d := c.Desks[n]
		check("desks", n, d.Type, d.Part)
		if d.Lang != "" {
			c.oneOf(join(join("desks", n), "lang"), d.Lang, langs)
		}
		for i, ch := range d.Channels {
			if !c.channel(ch) {
				c.bad(fmt.Sprintf("desks.%s.channels[%d]", n, i), fmt.Sprintf("there is no channel %q", ch), near(ch, slices.Collect(maps.Keys(c.Channels))))
			}
		}
	}
	for _, n := range slices.Sorted(maps.Keys(c.Systems)) {
		check("systems", n, c.Systems[n].Type, c.Systems[n].Part)
	}
	if len(c.Channels) == 0 && !c.Playground && !slices.ContainsFunc(c.p.List, func(x Problem) bool { return strings.HasPrefix(x.Path, "channels") }) {
		c.bad("channels", "there is no channel", "add one, for instance web: {type: webchat}")
	}
}

// channel reports whether there is an account of that name that faces customers;
// the playground makes two.
func (c *Config) channel(name string) bool {
	_, ok := c.Channels[name]
	return ok || c.Playground && (name == "wechat" || name == "weibo")
}

// errChecked stops a Maker after its part was decoded and validated.
var errChecked = errors.New("checked")

// part decodes and validates what an adapter reads, without making the adapter.
func (c *Config) part(m core.Maker, part Part) {
	_, err := m(func(v any) error {
		if err := part.Decode(v); err != nil {
			return err
		}
		if v, ok := v.(interface{ Validate() error }); ok {
			if err := v.Validate(); err != nil {
				return part.Explain(err)
			}
		}
		return errChecked
	}, core.Deps{Name: part.path})
	var ps *Problems
	switch {
	case errors.Is(err, errChecked) || err == nil:
	case errors.As(err, &ps):
		c.p.List = append(c.p.List, ps.List...)
	default:
		c.bad(part.path, err.Error(), "")
	}
}

func (c *Config) staff() {
	desks := slices.Collect(maps.Keys(c.Desks))
	for _, id := range slices.Sorted(maps.Keys(c.Staff.Agents)) {
		path := join("staff.agents", id)
		desk, who, ok := strings.Cut(id, "/")
		if !ok || who == "" {
			c.bad(path, fmt.Sprintf("%q does not say which desk and who", id), "write desk/name, like inbox/lin")
			continue
		}
		if !slices.Contains(desks, desk) {
			c.bad(path, fmt.Sprintf("there is no desk %q", desk), near(desk, desks))
		}
		if c.Staff.Agents[id].Max < 0 {
			c.bad(join(path, "max"), "cannot be negative", "write how many tickets they take at once")
		}
		if _, err := calendar.ParseWeek(c.Staff.Agents[id].Shift); err != nil {
			c.bad(join(path, "shift"), strings.ReplaceAll(err.Error(), "\n", "; "), `write it like shift: {mon-fri: ["09:00-12:00", "13:00-18:00"]}`)
		}
	}
	seen := map[string]bool{}
	for i, k := range c.Staff.Canned {
		path := fmt.Sprintf("staff.canned[%d]", i)
		if !accountName.MatchString(k.ID) || seen[k.ID] {
			c.bad(join(path, "id"), c.said(join(path, "id"), k.ID)+" cannot be used", "give each reply an id of its own of small letters and digits: it is typed after !")
		}
		seen[k.ID] = true
		if strings.TrimSpace(k.Text) == "" {
			c.bad(join(path, "text"), "is empty", "write what the customer is to read")
		}
	}
	for i, k := range c.Staff.Templates {
		path := fmt.Sprintf("staff.templates[%d]", i)
		if !accountName.MatchString(k.ID) || seen["template "+k.ID] {
			c.bad(join(path, "id"), c.said(join(path, "id"), k.ID)+" cannot be used", "give each template an id of its own of small letters and digits: it is typed after !template")
		}
		seen["template "+k.ID] = true
		if k.Form == "" {
			c.bad(join(path, "form"), "is empty", "write the form as the platform's adapter reads it, like template:reply")
		}
		for j, ch := range k.Channels {
			if !c.channel(ch) {
				c.bad(fmt.Sprintf("%s.channels[%d]", path, j), fmt.Sprintf("there is no channel %q", ch), near(ch, slices.Collect(maps.Keys(c.Channels))))
			}
		}
	}
	for i := 1; i < len(c.Staff.Remind); i++ {
		if c.Staff.Remind[i] <= c.Staff.Remind[i-1] {
			c.bad(fmt.Sprintf("staff.remind[%d]", i), "is not later than the one before", "order them: [1m, 100s]")
		}
	}
}

func (c *Config) oneOf(path, got string, words []string) {
	if !slices.Contains(words, got) {
		c.bad(path, c.said(path, got)+" is not known here", near(got, words))
	}
}

func (c *Config) positive(path string, n int64) {
	if n <= 0 {
		c.bad(path, "must be more than 0", "remove the key to use the default")
	}
}

// bad adds a fault of the value at path, or of the closest group above it. A
// value that could not be read is not complained about twice.
func (c *Config) bad(path, what, do string) {
	at, _ := c.at(path)
	for _, x := range c.p.List {
		if x.Path == path && x.Line == at.line && x.Col == at.col {
			return
		}
	}
	c.p.add(at, path, what, do)
}

// said quotes a value as the file has it, never what a slot was filled with;
// a default, which the file does not have, is quoted as it is.
func (c *Config) said(path, value string) string {
	if _, n := c.at(path); n != nil {
		return quote(n)
	}
	return strconv.Quote(value)
}

// at finds the place of a path in the file, or of the closest group above it,
// and the scalar there.
func (c *Config) at(path string) (pos, *node) {
	n, at, rest := c.top, pos{1, 1}, path
	for n != nil && rest != "" {
		n, rest, at = n.step(rest, at)
	}
	if n == nil || n.kind == isMap || n.kind == isList {
		return at, nil
	}
	return n.at, n
}

// step goes one key or index down path.
func (n *node) step(path string, at pos) (*node, string, pos) {
	if strings.HasPrefix(path, "[") {
		var i int
		_, err := fmt.Sscanf(path, "[%d]", &i)
		if err != nil || i < 0 || i >= len(n.items) {
			return nil, path, at
		}
		return n.items[i], strings.TrimPrefix(path[strings.Index(path, "]")+1:], "."), n.items[i].at
	}
	for _, p := range n.pairs {
		after, ok := strings.CutPrefix(path, p.key)
		if ok && (after == "" || after[0] == '.' || after[0] == '[') {
			return p.val, strings.TrimPrefix(after, "."), p.at
		}
	}
	return nil, path, at
}
