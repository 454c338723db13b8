package app

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Ready asks a running program whether it takes work, and writes its answer. The
// error is ErrSaid if it does not.
func Ready(ctx context.Context, out io.Writer, s Settings) error {
	conf, err := s.Load()
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(conf.Listen)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("nothing answers on %s: %w", conf.Listen, err)
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(out, io.LimitReader(res.Body, 64<<10)); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return ErrSaid
	}
	return nil
}
