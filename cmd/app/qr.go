package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/bus"
	"github.com/frontdesk-im/frontdesk/core/store"
)

// A Code is a QR code to be made: of the account named Channel, which says that
// whoever scans it came from Scene. Life 0 means for ever.
type Code struct {
	Channel, Scene string
	Life           time.Duration
}

// QR makes a code and writes the address of its picture and what it contains.
func QR(ctx context.Context, out io.Writer, s Settings, code Code) error {
	if code.Life < 0 || code.Life > 30*24*time.Hour {
		return errors.New("--days: must be from 0 to 30")
	}
	conf, err := s.Load()
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
	for _, x := range accounts(conf, s.makers()) {
		if x.name != code.Channel || x.role != core.RoleChannel {
			continue
		}
		log := slog.New(slog.DiscardHandler)
		a, err := x.make(core.Deps{Name: x.name, Views: st, Values: st, Bus: bus.New(), HTTP: client(), Log: log, Meter: newMeter(log), Now: time.Now})
		if err != nil {
			return x.part.Explain(err)
		}
		q, ok := a.(core.Coder)
		if !ok {
			return fmt.Errorf("channel %s has no QR codes of its own: its type is %s", code.Channel, x.kind)
		}
		link, picture, err := q.QRCode(ctx, code.Scene, code.Life)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "二维码图片 / the picture\n    %s\n二维码内容 / what it contains\n    %s\n", picture, link)
		return nil
	}
	return fmt.Errorf("there is no channel %q in the configuration", code.Channel)
}
