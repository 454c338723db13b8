package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

func readyCommand() *cobra.Command {
	var s setup
	c := &cobra.Command{
		Use:   "ready",
		Short: "Ask a running frontdesk whether it takes work, for health checks; exit code 1 if not",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return ready(c.Context(), c.OutOrStdout(), s) },
	}
	s.flags(c)
	return c
}

func ready(ctx context.Context, out io.Writer, s setup) error {
	conf, err := s.load()
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
		return errSaid
	}
	return nil
}
