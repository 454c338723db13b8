package wechat

import (
	"context"
	"fmt"

	"github.com/frontdesk-im/frontdesk/core"
)

// Check implements core.Checker: it asks for an access token, which proves the
// appid, the secret and that our address is in the IP whitelist. Whether pushes
// arrive shows only when somebody writes. An account without a secret has nothing
// that could be asked.
func (a *Account) Check(ctx context.Context) error {
	if a.conf.Secret == "" {
		return nil
	}
	_, err := a.api.tokens.get(ctx, "")
	switch core.KindOf(err) {
	case core.KindDenied:
		return fmt.Errorf("%w; compare appid, secret and the IP whitelist with 设置与开发 → 开发接口管理 at mp.weixin.qq.com", err)
	case core.KindThrottled:
		return fmt.Errorf("%w; nothing has to be changed, check again later", err)
	}
	if err != nil {
		return fmt.Errorf("%w; see whether this machine reaches %s", err, a.conf.URL)
	}
	return nil
}
