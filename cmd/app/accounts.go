package app

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
)

// An account of the configuration, whatever it is for.
type account struct {
	name, kind string
	role       core.Role
	part       config.Part
	maker      core.Maker // nil if there is no adapter of the kind
}

// accounts are those of c, the customers' first, each kind by name.
func accounts(c *config.Config, makers map[string]core.Maker) []account {
	var out []account
	add := func(name, kind string, role core.Role, part config.Part) {
		out = append(out, account{name, kind, role, part, makers[kind]})
	}
	for _, n := range slices.Sorted(maps.Keys(c.Channels)) {
		add(n, c.Channels[n].Type, core.RoleChannel, c.Channels[n].Part)
	}
	for _, n := range slices.Sorted(maps.Keys(c.Desks)) {
		add(n, c.Desks[n].Type, core.RoleDesk, c.Desks[n].Part)
	}
	for _, n := range slices.Sorted(maps.Keys(c.Systems)) {
		add(n, c.Systems[n].Type, core.RoleSystem, c.Systems[n].Part)
	}
	return out
}

// make makes the adapter; its panic is an error of its account.
func (x account) make(d core.Deps) (a core.Adapter, err error) {
	defer func() {
		if r := recover(); r != nil {
			a, err = nil, fmt.Errorf("%s: the adapter panicked: %v", x.kind, r)
		}
	}()
	if x.maker == nil {
		return nil, fmt.Errorf("there is no adapter %q", x.kind)
	}
	return x.maker(x.part.Decode, d)
}

// client is what adapters call their platforms with.
func client() *http.Client {
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           1024,
			MaxIdleConnsPerHost:    256, // more than one account sends at a time
			IdleConnTimeout:        90 * time.Second,
			TLSHandshakeTimeout:    5 * time.Second,
			ResponseHeaderTimeout:  20 * time.Second,
			ExpectContinueTimeout:  time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // a platform that redirects would get our credentials sent elsewhere
		},
	}
}
