package console

import (
	"context"
	"net/http"
	"time"
)

// devices are the browsers in which somebody has signed in, by account. Wrong
// passwords from one that is known count for it alone, so that no stranger's
// guesses lock a member of staff out (OWASP: device cookies). To know one opens
// nothing.
type devices struct {
	shelf shelf
	door  door
}

const (
	deviceCookie = "frontdesk_device"
	deviceLife   = 180 * 24 * time.Hour
)

func deviceKey(account, token string) string { return "device/" + account + "/" + digest(token) }

// deviceOf is the token of the request's browser; empty if it has none.
func deviceOf(r *http.Request) string {
	k, err := r.Cookie(deviceCookie)
	if err != nil || len(k.Value) > 100 {
		return ""
	}
	return k.Value
}

// knows reports whether somebody has signed in to account with the device.
func (ds devices) knows(ctx context.Context, account, token string) (bool, error) {
	if token == "" {
		return false, nil
	}
	return ds.shelf.has(ctx, deviceKey(account, token))
}

// remember keeps that somebody has signed in to account with the request's browser.
func (ds devices) remember(w http.ResponseWriter, r *http.Request, account string) error {
	t := deviceOf(r)
	if t == "" {
		t = token()
	}
	if err := ds.shelf.put(r.Context(), deviceKey(account, t), true, deviceLife); err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{
		Name: deviceCookie, Value: t, Path: Prefix, MaxAge: int(deviceLife.Seconds()),
		HttpOnly: true, Secure: ds.door.secure(r), SameSite: http.SameSiteLaxMode,
	})
	return nil
}
