//go:build !linux

package webchat

// A poller is only there for Linux; elsewhere a goroutine waits in each
// connection's Read.
type poller struct{}

func newPoller() (*poller, error) { return &poller{}, nil }

func (*poller) close()             {}
func (*poller) watch(*socket) bool { return false }
func (*poller) forget(*socket)     {}
