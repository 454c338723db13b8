package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/bus"
	"github.com/frontdesk-im/frontdesk/core/hub"
	"github.com/frontdesk-im/frontdesk/core/store"
)

// A coder makes QR codes that say where whoever scans them came from.
type coder interface {
	QRCode(ctx context.Context, scene string, life time.Duration) (link, picture string, err error)
}

func qrCommand() *cobra.Command {
	var s setup
	days := 0
	c := &cobra.Command{
		Use:   "qr CHANNEL SCENE",
		Short: "Make a QR code of an account that says where its followers came from",
		Long: `Make a QR code that opens an account's chat, for a shop window or a parcel.
Whoever scans it arrives with SCENE as where they came from: scripts and staff
see it. Channels of the type wechat can; without --days the code never ends, and
an account has 100,000 of those.`,
		Example: "  frontdesk qr wechat shop-12 --config frontdesk.yaml",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return qr(c.Context(), c.OutOrStdout(), s, args[0], args[1], time.Duration(days)*24*time.Hour)
		},
	}
	c.Flags().StringVar(&s.Config, "config", "", "configuration file")
	c.Flags().IntVar(&days, "days", 0, "how long the code works, at most 30; 0: for ever")
	return c
}

func qr(ctx context.Context, out io.Writer, s setup, channel, scene string, life time.Duration) error {
	if life < 0 || life > 30*24*time.Hour {
		return fmt.Errorf("--days: must be from 0 to 30")
	}
	conf, err := s.load()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "frontdesk-qr-*") // the program itself may be running on its own data
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	st, err := store.Open(ctx, store.Options{Path: dir})
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	for _, x := range accounts(conf) {
		if x.name != channel || x.role != hub.Channel {
			continue
		}
		log := slog.New(slog.DiscardHandler)
		a, err := make1(x, core.Deps{Name: x.name, Views: st, Values: st, Bus: bus.New(), HTTP: httpClient(), Log: log, Meter: newMeter(log), Now: time.Now})
		if err != nil {
			return x.part.Explain(err)
		}
		q, ok := a.(coder)
		if !ok {
			return fmt.Errorf("channel %s has no QR codes of its own: its type is %s", channel, x.kind)
		}
		link, picture, err := q.QRCode(ctx, scene, life)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "二维码图片 / the picture\n    %s\n二维码内容 / what it contains\n    %s\n", picture, link)
		return nil
	}
	return fmt.Errorf("there is no channel %q in the configuration", channel)
}
