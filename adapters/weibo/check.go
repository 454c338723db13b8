package weibo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/frontdesk-im/frontdesk/core"
)

// Check implements core.Checker: it asks whose the token is. Any answer but that
// the token is refused proves that it works: not every account may ask. Whether
// pushes arrive shows only when somebody writes. Without a token there is nothing
// that could be asked.
// https://open.weibo.com/wiki/2/account/get_uid
func (a *Account) Check(ctx context.Context) error {
	if a.conf.Token == "" {
		return nil
	}
	resp, err := a.get(ctx, a.conf.Info+"/2/account/get_uid.json", url.Values{})
	if e, ok := errors.AsType[*core.SendError](err); ok {
		if code, _ := strconv.Atoi(e.Code); badToken(code) {
			return fmt.Errorf("%w; renew it at open.weibo.com and set token and token_ends", err)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w; see whether this machine reaches %s", err, a.conf.Info)
	}
	defer resp.Body.Close()
	var owner struct{ UID id }
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&owner); err != nil {
		return fmt.Errorf("weibo: %s does not answer as Weibo does; set info_url", a.conf.Info)
	}
	if owner.UID != "" && string(owner.UID) != a.conf.UID {
		return fmt.Errorf("weibo: the token is account %s's; set the token of %s, or its uid", owner.UID, a.conf.UID)
	}
	return nil
}
